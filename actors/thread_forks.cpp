// ThreadActor's forks: turns that begin from an older checkpoint.
//
// A fork is taken once the checkpoint has been found. What its turn has to know of it stands in its
// turn_accepted, so that after a crash it begins from there again.
//
// Bounds: all branches of a thread together hold branches_max times the messages of one, and its
// turns thread_bytes_max of their agent, and what was accepted before that was reached.
#include "actors/thread_actor.hpp"
#include "runtime/base/units.hpp"

#include <string>
#include <utility>

namespace parlance::actors {
namespace {

constexpr std::size_t branches_max = 8;

ForkPoint point_of(const CheckpointView& from) {
  ForkPoint fork;
  fork.place = from.place;
  fork.fields = from.fields;
  fork.next = from.next;
  if (from.next_ended) fork.interrupt = from.next_ended->interrupt;
  return fork;
}

}  // namespace

std::optional<Error> ThreadActor::refusal_of_a_full_thread(const Agent& agent) const {
  const auto full = [](std::string detail) {
    return Error{ErrorCode::thread_full, std::move(detail), {}, {}};
  };
  if (state_.messages_held >= branches_max * agent.limits().messages_max)
    return full("the thread and its forks hold too many messages");
  if (state_.bytes_held >= agent.limits().thread_bytes_max)
    return full("the thread's turns hold " + size_to_text(agent.limits().thread_bytes_max));
  return std::nullopt;
}

// A turn that has not ended may still be rolled back, and its checkpoints with it.
void ThreadActor::find_fork(const std::string& checkpoint_id, Forked then) {
  ReadHistory read;
  read.query.at = checkpoint_id;
  read.done = [this, then = std::move(then)](Result<std::vector<CheckpointView>> found) {
    if (!found) return then(found.error());
    CheckpointView& from = found->front();
    if (find_ended(from.turn->run) == nullptr) {
      return then(Error{ErrorCode::thread_busy,
                        "the turn of this checkpoint has not ended",
                        "checkpoint_id",
                        {}});
    }
    then(std::move(from));
  };
  handle(read);
}

void ThreadActor::take_fork(std::shared_ptr<TurnJob> job) {
  if (damaged_) return refuse(*job, *damaged_);
  const std::string checkpoint_id = job->request.checkpoint_id;
  find_fork(checkpoint_id, [this, job = std::move(job)](Result<CheckpointView> from) {
    if (take_repeated(*job)) return;  // asked for twice meanwhile
    if (!from) return refuse(*job, from.error());
    ForkPoint fork = point_of(*from);
    if (from->source == CheckpointSource::input && job->request.command)
      go_on_with_input(from->turn->input, job->request, fork);
    take(*job, std::move(fork));
    update_busy();
  });
}

// In front of the merging of an input, to go on is to merge it: behind what a command adds, and
// with the fields that it sets.
void ThreadActor::go_on_with_input(const Messages& input,
                                   TurnRequest& request,
                                   ForkPoint& fork) const {
  request.input.insert(request.input.end(), input.begin(), input.end());
  if (*request.command == Command{}) return request.command.reset();
  const auto agent = tools_.agents.find(request.agent);
  if (agent == tools_.agents.end()) return;  // which refuses the turn
  fork.next = agent->second->start();
  fork.fields = agent->second->fields_for_turn(fork.fields);
}

void ThreadActor::change_fork(ChangeState change) {
  const std::string checkpoint_id = change.update.checkpoint_id;
  auto shared = std::make_shared<ChangeState>(std::move(change));
  find_fork(checkpoint_id, [this, shared](Result<CheckpointView> from) {
    if (change_repeated(*shared)) return;  // asked for twice meanwhile
    if (!from) return shared->done(from.error());
    // In place of the input that would be merged next.
    std::string& as_node = shared->update.as_node;
    if (from->source == CheckpointSource::input && as_node.empty()) as_node = "__start__";
    change_state(*shared, point_of(*from));
    update_busy();
  });
}

}  // namespace parlance::actors
