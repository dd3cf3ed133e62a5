// ThreadActor's turns that begin later. They are durable from the start and in no line: the
// directory wakes the thread when the first of them is due, and it takes its place behind those
// that are there then. Its time to run counts from there.
#include "actors/thread_actor.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <tuple>
#include <utility>

namespace parlance::actors {
namespace {

bool has_begun_before(const std::vector<RecordPtr>& records) {
  return records.size() > 1;  // more than its acceptance
}

}  // namespace

// Of a turn that may not wait with the others, those found on disk among them. Those whose end is
// being written do not count, and who takes over ends all in the line.
bool ThreadActor::finds_no_place(const TurnRequest& request) const {
  std::size_t in_line = 0;
  if (!takes_over(request.multitask)) {
    in_line = static_cast<std::size_t>(std::count_if(
        places_.begin(), places_.end(), [](const auto& place) { return !place->turn.ended(); }));
  }
  if (request.start_delay.count() == 0 && in_line == 0) return false;
  const std::size_t waiting = delayed_.size() + (in_line == 0 ? 0 : in_line - 1);
  return waiting >= options_.turns_waiting_max;
}

void ThreadActor::delay(std::unique_ptr<Place> place) {
  place->ticket.leave();  // it is bounded by finds_no_place(), also when it comes back from disk
  place->recovered = true;
  const auto starts_ms = place->turn.accepted().starts_ms;
  const auto later = std::find_if(delayed_.begin(), delayed_.end(), [&](const auto& other) {
    return other->turn.accepted().starts_ms > starts_ms;
  });
  Place& delayed = **delayed_.insert(later, std::move(place));
  write(delayed);
  watch_start();
}

// The line as it stood when the thread left memory, as far as its records tell, and what has
// become due meanwhile.
void ThreadActor::line_up(std::vector<std::unique_ptr<Place>> found) {
  const std::int64_t now_ms = tools_.clock.unix_ms();
  const auto entered_ms = [](const Place& place) {
    const TurnAccepted& accepted = place.turn.accepted();
    return std::max(accepted.accepted_ms, accepted.starts_ms);
  };
  std::sort(found.begin(), found.end(), [&](const auto& one, const auto& other) {
    const auto order = [&](const Place& place) {
      return std::tuple(
          !has_begun_before(place.turn.records()), entered_ms(place), place.turn.number());
    };
    return order(*one) < order(*other);
  });
  for (auto& place : found) {
    const TurnAccepted& accepted = place->turn.accepted();
    if (accepted.starts_ms > now_ms) {
      delay(std::move(place));
    } else if (accepted.starts_ms != 0 && !has_begun_before(place->turn.records())) {
      enter_line(std::move(place));
    } else {
      send(directory_, WatchDeadline{key_, place->turn.number(), place->turn.deadline()});
      places_.push_back(std::move(place));
    }
  }
}

void ThreadActor::enter_line(std::unique_ptr<Place> place) {
  const TurnAccepted& accepted = place->turn.accepted();
  const std::chrono::milliseconds time(accepted.deadline_ms - accepted.starts_ms);
  extend(*place, Deadline::at(tools_.clock.now() + time));
  places_.push_back(std::move(place));
}

// In place of the deadline that it was accepted with. On disk from when it begins: see
// Head::deadline_ms.
void ThreadActor::extend(Place& place, Deadline deadline) {
  place.turn.extend(deadline);
  send(directory_, WatchDeadline{key_, place.turn.number(), deadline});
}

Deadline ThreadActor::deadline_at(std::int64_t unix_ms) const {
  const auto left = std::max<std::int64_t>(0, unix_ms - tools_.clock.unix_ms());
  return Deadline::at(tools_.clock.now() + std::chrono::milliseconds(left));
}

std::int64_t ThreadActor::unix_ms_of(Deadline deadline) const {
  const auto left = deadline.left(tools_.clock.now());
  return tools_.clock.unix_ms() + std::chrono::ceil<std::chrono::milliseconds>(left).count();
}

void ThreadActor::start_due() {
  const std::int64_t now_ms = tools_.clock.unix_ms();
  for (auto place = delayed_.begin();
       place != delayed_.end() && (*place)->turn.accepted().starts_ms <= now_ms;) {
    if ((*place)->turn.ended()) {  // its end is being written
      ++place;
      continue;
    }
    auto due = std::move(*place);
    place = delayed_.erase(place);
    enter_line(std::move(due));
  }
  watch_start();
  run_front();
}

void ThreadActor::watch_start() {
  const auto next = std::find_if(
      delayed_.begin(), delayed_.end(), [](const auto& place) { return !place->turn.ended(); });
  send(directory_,
       WatchStart{key_, next == delayed_.end() ? 0 : (*next)->turn.accepted().starts_ms});
}

std::int64_t ThreadActor::last_start_ms() const {
  const auto last = std::find_if(
      delayed_.rbegin(), delayed_.rend(), [](const auto& place) { return !place->turn.ended(); });
  return last == delayed_.rend() ? 0 : (*last)->turn.accepted().starts_ms;
}

// Whether anybody reads a turn that begins later, or waits for its end.
bool ThreadActor::is_awaited() {
  bool awaited = false;
  for (auto& place : delayed_) {
    std::erase_if(place->readers, [](Reader& reader) {
      if (!reader.started || reader.sink->records({})) return false;
      reader.sink->closed(fell_behind());
      return true;
    });
    awaited = awaited || !place->readers.empty() || !place->when_ended.empty();
  }
  return awaited;
}

// They go with their thread.
void ThreadActor::drop_delayed() {
  if (delayed_.empty()) return;
  for (auto& place : std::exchange(delayed_, {})) {
    tools_.metrics.turn_left();
    close_readers(*place, not_found());
    for (auto& answer : place->when_ended)
      answer({});
  }
  watch_start();
}

}  // namespace parlance::actors
