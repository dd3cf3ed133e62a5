// ThreadActor's reading: what clients ask of a thread that is in the journal alone.
#include "actors/thread_actor.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <atomic>
#include <utility>

namespace parlance::actors {

// A page on its way, with who waits for it.
struct ThreadActor::HistoryReading {
  History page;
  std::uint64_t incarnation = 0;
  Conversations::Answer<std::vector<CheckpointView>> done;
};

Error ThreadActor::too_many_reads() {
  return {ErrorCode::mailbox_full, "too many readers of what the thread has done before", {}, {}};
}

void ThreadActor::handle(ReadHistory& read) {
  if (!head_) return read.done(not_found());
  if (reads_.size() >= reads_max) return read.done(too_many_reads());
  when_durable([this, query = std::move(read.query), done = std::move(read.done)](
                   const std::optional<Error>& error) {
    if (error) return done(*error);
    const Turn* const running = places_.empty() ? nullptr : &front().turn;
    auto page = History::choose(
        CheckpointIds(key_, head_->incarnation), state_, running, committed_seq_, query);
    if (!page) return done(page.error());
    read_on(std::make_shared<HistoryReading>(
        HistoryReading{std::move(*page), head_->incarnation, done}));
  });
}

void ThreadActor::read_on(const std::shared_ptr<HistoryReading>& reading) {
  const auto range = reading->page.missing();
  if (!range) return reading->done(reading->page.checkpoints(tools_.agents));
  const std::size_t records_max = range->last - range->first + 1;
  read_records(
      key_, range->first, range->last, records_max, [this, reading, range](const Records& records) {
        if (!records) return reading->done(records.error());
        if (!head_ || head_->incarnation != reading->incarnation) return reading->done(not_found());
        for (const auto& record : *records)
          reading->page.add(record);
        const auto left = reading->page.missing();
        if (left && left->first == range->first) {
          return reading->done(Error{ErrorCode::record_damaged,
                                     "record " + std::to_string(left->first) + " is missing",
                                     {},
                                     {}});
        }
        read_on(reading);
      });
}

void ThreadActor::read_records(const ThreadKey& of,
                               std::uint64_t first,
                               std::uint64_t last,
                               std::size_t records_max,
                               WhenRead then) {
  static std::atomic<std::uint64_t> numbers{0};
  const std::uint64_t number = ++numbers;
  reads_.emplace(number, std::move(then));
  tools_.journal.read(
      of,
      first,
      last,
      records_max,
      [self = caf::actor_cast<caf::actor>(this), number](Records records) {
        caf::anon_send(self, RecordsRead{number, std::make_shared<Records>(std::move(records))});
      });
}

void ThreadActor::records_read(const RecordsRead& read) {
  const auto found = reads_.extract(read.number);
  if (!found.empty()) found.mapped()(*read.records);
  leave_if_empty();
}

}  // namespace parlance::actors
