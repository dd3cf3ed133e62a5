// ThreadActor's quarantine: a turn that took its process down too often stays in front of its
// thread and does nothing, until somebody lets it out.
#include "actors/thread_actor.hpp"
#include "runtime/base/log.hpp"

#include <caf/send.hpp>

#include <utility>

namespace parlance::actors {

Error ThreadActor::in_quarantine() {
  return {ErrorCode::quarantined,
          "a turn of this thread took its process down and waits for an operator",
          {},
          {}};
}

// What there is of the turn is shown, and that it goes no further.
void ThreadActor::quarantine(Place& place) {
  quarantined_ = true;
  const TurnAccepted& accepted = place.turn.accepted();
  send(directory_,
       TurnQuarantined{{key_, accepted.run, accepted.agent, accepted.accepted_ms},
                       head_->expires_ms});
  show(place);
  close_readers(place, in_quarantine());
  update_busy();
}

// Nothing for other turns than the one that is in it.
void ThreadActor::leave_quarantine(Place& place) {
  if (!quarantined_ || !is_front(place)) return;
  quarantined_ = false;
  send(directory_, QuarantineLeft{key_});
}

void ThreadActor::handle(ReleaseTurn& release) {
  if (!quarantined_) {
    send(directory_, QuarantineLeft{key_});  // it may have expired
    return release.done(not_in_quarantine());
  }
  Place& place = front();
  leave_quarantine(place);
  log_warn("turn_released",
           {{"tenant", key_.tenant.value},
            {"thread", key_.thread.value},
            {"run", place.turn.accepted().run.value}});
  const auto agent = tools_.agents.find(place.turn.accepted().agent);
  const auto& limits = agent == tools_.agents.end() ? AgentLimits{} : agent->second->limits();
  extend(place, Deadline::at(tools_.clock.now() + limits.turn_time_max));
  head_->attempts = 1;
  head_->deadline_ms = unix_ms_of(place.turn.deadline());
  write(place);
  write_head([answer = std::move(release.done)](std::optional<Error> error) {
    if (error) return answer(*error);
    answer({});
  });
  carry_out(place.turn.step(tools_.clock));
}

}  // namespace parlance::actors
