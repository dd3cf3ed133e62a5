#include "runtime/metrics/journal_metrics.hpp"

#include "runtime/base/seconds.hpp"

namespace parlance {
namespace {

constexpr const char* appends_name = "parlance_journal_appends_total";
constexpr const char* appends_help = "Appends answered, by outcome";
constexpr const char* opens_name = "parlance_journal_opens_total";
constexpr const char* opens_help = "Threads opened, by outcome";
constexpr const char* reads_name = "parlance_journal_reads_total";
constexpr const char* reads_help = "Reads and listings, by outcome";

}  // namespace

JournalMetrics::JournalMetrics(Registry& registry)
    : appends_committed_(registry.counter(appends_name, appends_help, {{"outcome", "committed"}})),
      appends_fenced_(registry.counter(appends_name, appends_help, {{"outcome", "fenced"}})),
      appends_failed_(registry.counter(appends_name, appends_help, {{"outcome", "failed"}})),
      batches_(registry.counter("parlance_journal_batches_total",
                                "Synced writes; each holds the appends of a batch")),
      records_(registry.counter("parlance_journal_records_total", "Records written")),
      bytes_(registry.counter("parlance_journal_bytes_total", "Bytes of keys and values written")),
      write_seconds_(
          registry.short_seconds("parlance_journal_write_seconds", "Time of a synced write")),
      opens_ok_(registry.counter(opens_name, opens_help, {{"outcome", "ok"}})),
      opens_failed_(registry.counter(opens_name, opens_help, {{"outcome", "failed"}})),
      open_seconds_(
          registry.seconds("parlance_journal_open_seconds", "Time to load a thread from disk")),
      reads_(registry.counter(reads_name, reads_help, {{"outcome", "answered"}})),
      reads_refused_(registry.counter(reads_name, reads_help, {{"outcome", "refused"}})),
      erased_(registry.counter("parlance_journal_erased_total", "Threads deleted")),
      damaged_(registry.counter("parlance_journal_damaged_total",
                                "Records that failed their checksum or layout")),
      sweeps_(registry.counter("parlance_journal_sweeps_total", "Searches for expired threads")),
      compactions_(registry.counter("parlance_journal_sweep_compactions_total",
                                    "Key ranges compacted by the sweeper")),
      expired_(registry.counter("parlance_journal_expired_seen_total",
                                "Expired threads that sweeps found")),
      sweep_seconds_(registry.seconds("parlance_journal_sweep_seconds",
                                      "Time of a sweep with its compactions")),
      open_(registry.gauge("parlance_journal_threads_open", "Threads that have an owner")) {}

void JournalMetrics::append_answered(AppendOutcome outcome) {
  switch (outcome) {
    case AppendOutcome::committed:
      appends_committed_.Increment();
      return;
    case AppendOutcome::fenced:
      appends_fenced_.Increment();
      return;
    case AppendOutcome::failed:
      appends_failed_.Increment();
      return;
  }
}

void JournalMetrics::batch_written(std::size_t records,
                                   std::size_t bytes,
                                   std::chrono::steady_clock::duration took) {
  batches_.Increment();
  records_.Increment(static_cast<double>(records));
  bytes_.Increment(static_cast<double>(bytes));
  write_seconds_.Observe(in_seconds(took));
}

void JournalMetrics::opened(bool ok, std::chrono::steady_clock::duration took) {
  (ok ? opens_ok_ : opens_failed_).Increment();
  open_seconds_.Observe(in_seconds(took));
}

void JournalMetrics::read_answered() {
  reads_.Increment();
}
void JournalMetrics::read_refused() {
  reads_refused_.Increment();
}
void JournalMetrics::thread_erased() {
  erased_.Increment();
}
void JournalMetrics::record_damaged() {
  damaged_.Increment();
}

void JournalMetrics::swept(std::uint64_t threads_expired,
                           std::size_t ranges_compacted,
                           std::chrono::steady_clock::duration took) {
  sweeps_.Increment();
  expired_.Increment(static_cast<double>(threads_expired));
  compactions_.Increment(static_cast<double>(ranges_compacted));
  sweep_seconds_.Observe(in_seconds(took));
}

void JournalMetrics::threads_open(std::size_t count) {
  open_.Set(static_cast<double>(count));
}

}  // namespace parlance
