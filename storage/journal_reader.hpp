// What is read of the journal: a thread that is opened, ranges of its records, and the index of
// unfinished turns.
//
// Opening follows the chain of ended turns: head.last_ended_seq names the newest turn_finished,
// failed or cancelled; it names the record that accepted its turn, the steps that hold messages,
// and the ending before it. So a thread's streamed text is not read again. Of turns that have not
// ended, what accepted them is found by the head; turns run one after the other, so what the one in
// front has done lies behind the end of the last one that had begun.
//
// Threading: from any thread. What is loaded does not change while it is, as nobody may write a
// thread that is being opened.
//
// Bounds: a range is cut at records_max and, after the first record, at range_bytes_max.
#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/metrics/journal_metrics.hpp"
#include "runtime/ports/journal.hpp"
#include "storage/journal_store.hpp"
#include "storage/open_threads.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace parlance::storage {

class JournalReader {
 public:
  static constexpr std::size_t range_bytes_max = 16U << 20U;

  JournalReader(JournalStore& store,
                OpenThreads& open_threads,
                JournalMetrics& metrics,
                const Clock& clock)
      : store_(store),
        open_threads_(open_threads),
        metrics_(metrics),
        clock_(clock) {}

  // Ends an opening that the writer began, well or badly.
  Result<OpenedThread> open(const std::string& thread);

  // The same for a thread that surely does not exist; reads no file. None when that is not sure:
  // the opening goes on.
  std::optional<OpenedThread> open_absent(const std::string& thread);

  Result<std::vector<RecordPtr>> read(const std::string& thread,
                                      std::uint64_t first,
                                      std::uint64_t last,
                                      std::size_t records_max);

  Result<std::vector<ThreadKey>> unfinished(const std::optional<ThreadKey>& after,
                                            std::size_t threads_max);

 private:
  struct Loaded {
    std::uint64_t stored_epoch = 0;
    OpenThread standing;
    OpenedThread thread;
  };

  Result<Loaded> load(const std::string& thread);
  Result<std::uint64_t> last_seq(const std::string& prefix);
  struct EndedTurns {
    std::vector<std::uint64_t> seqs;  // of the records that are loaded of them, in order
    std::uint64_t begun_to = 0;       // the end of the last of them that had begun; 0: none
  };
  Result<EndedTurns> follow_ended(const std::string& prefix, const Head& head);
  Result<void> load_at(const std::string& prefix,
                       const std::vector<std::uint64_t>& seqs,
                       std::vector<RecordPtr>& records);
  Result<void> load_unfinished(const std::string& prefix,
                               std::vector<std::uint64_t> accepted_seqs,
                               std::uint64_t begun_to,
                               std::vector<RecordPtr>& records);
  Result<RecordPtr> record(std::uint64_t seq, std::string_view value);
  Error damaged(std::string what);

  JournalStore& store_;
  OpenThreads& open_threads_;
  JournalMetrics& metrics_;
  const Clock& clock_;
};

}  // namespace parlance::storage
