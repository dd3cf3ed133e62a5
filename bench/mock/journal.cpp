#include "bench/mock/journal.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace parlance::bench {
namespace {

constexpr std::size_t entries_max = 100'000;

std::string_view to_string(MockOutcome outcome) {
  switch (outcome) {
    case MockOutcome::open:
      return "open";
    case MockOutcome::finished:
      return "finished";
    case MockOutcome::refused:
      return "refused";
    case MockOutcome::client_closed:
      return "client_closed";
    case MockOutcome::cut:
      return "cut";
  }
  return "open";
}

double ms_since(MockJournal::Clock::time_point start) {
  const std::chrono::duration<double, std::milli> ms = MockJournal::Clock::now() - start;
  return std::round(ms.count() * 1'000) / 1'000;
}

Json time_or_null(double ms) {
  return ms < 0 ? Json(nullptr) : Json(ms);
}

Json to_json(const MockEntry& entry) {
  Json closed_at = nullptr;
  if (entry.closed_after_ms >= 0) {
    closed_at = entry.arrived_at_ms + static_cast<std::int64_t>(entry.closed_after_ms);
  }
  return {{"id", entry.id},
          {"model", entry.model},
          {"text", entry.text},
          {"user", entry.user},
          {"messages", entry.messages},
          {"stream", entry.stream},
          {"fault", entry.fault.empty() ? Json(nullptr) : Json(entry.fault)},
          {"options", Json::parse(entry.options)},
          {"status", entry.status},
          {"tokens_in", entry.tokens_in},
          {"tokens_sent", entry.tokens_sent},
          {"at_once", entry.at_once},
          {"outcome", to_string(entry.outcome)},
          {"arrived_at_ms", entry.arrived_at_ms},
          {"closed_at_ms", closed_at},
          {"began_after_ms", time_or_null(entry.began_after_ms)},
          {"first_token_after_ms", time_or_null(entry.first_token_after_ms)},
          {"ended_after_ms", time_or_null(entry.ended_after_ms)},
          {"closed_after_ms", time_or_null(entry.closed_after_ms)}};
}

template <class Map, class Key>
typename Map::mapped_type count_of(const Map& counts, const Key& key) {
  const auto found = counts.find(key);
  return found == counts.end() ? 0 : found->second;
}

}  // namespace

std::uint64_t MockJournal::arrived(MockEntry entry) {
  entry.id = next_id_++;
  entry.arrived_at_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                            std::chrono::system_clock::now().time_since_epoch())
                            .count();
  ++requests_;
  if (entry.stream) ++streams_;
  if (!entry.fault.empty()) ++by_fault_[entry.fault];
  const auto id = entry.id;
  records_.push_back({std::move(entry), Clock::now()});
  if (records_.size() > entries_max) {
    records_.pop_front();
    ++entries_forgotten_;
  }
  return id;
}

void MockJournal::began(std::uint64_t id) {
  running_.insert(id);
  at_once_max_ = std::max(at_once_max_, running_.size());
  if (auto* record = find(id)) {
    record->entry.at_once = running_.size();
    record->entry.began_after_ms = ms_since(record->arrived);
  }
}

void MockJournal::waiting(std::uint32_t count) {
  waiting_ = count;
  waiting_max_ = std::max(waiting_max_, count);
}

void MockJournal::head_written(std::uint64_t id, unsigned status) {
  ++by_status_[std::to_string(status)];
  if (auto* record = find(id)) record->entry.status = status;
}

void MockJournal::tokens_written(std::uint64_t id, std::uint32_t count) {
  tokens_sent_ += count;
  auto* record = find(id);
  if (record == nullptr) return;
  if (record->entry.tokens_sent == 0)
    record->entry.first_token_after_ms = ms_since(record->arrived);
  record->entry.tokens_sent += count;
}

void MockJournal::ended(std::uint64_t id, MockOutcome outcome) {
  running_.erase(id);
  ++by_outcome_[outcome];
  if (auto* record = find(id)) {
    record->entry.outcome = outcome;
    record->entry.ended_after_ms = ms_since(record->arrived);
  }
}

void MockJournal::closed(std::uint64_t id) {
  auto* record = find(id);
  if (record != nullptr && record->entry.closed_after_ms < 0) {
    record->entry.closed_after_ms = ms_since(record->arrived);
  }
}

Json MockJournal::entries(std::uint64_t since, std::size_t limit) const {
  auto list = Json::array();
  if (records_.empty()) return list;
  const auto first = records_.front().entry.id;
  for (std::size_t index = since > first ? since - first : 0;
       index < records_.size() && list.size() < limit;
       ++index) {
    list.push_back(to_json(records_[index].entry));
  }
  return list;
}

Json MockJournal::stats() const {
  Json by_status = Json::object();
  for (const auto& [status, count] : by_status_) {
    by_status[status] = count;
  }
  Json by_fault = Json::object();
  for (const auto& [fault, count] : by_fault_) {
    by_fault[fault] = count;
  }
  return {{"requests", requests_},
          {"streams", streams_},
          {"at_once", running_.size()},
          {"at_once_max", at_once_max_},
          {"waiting", waiting_},
          {"waiting_max", waiting_max_},
          {"finished", count_of(by_outcome_, MockOutcome::finished)},
          {"refused", count_of(by_outcome_, MockOutcome::refused)},
          {"closed_by_client", count_of(by_outcome_, MockOutcome::client_closed)},
          {"cut", count_of(by_outcome_, MockOutcome::cut)},
          {"tokens_sent", tokens_sent_},
          {"by_status", by_status},
          {"by_fault", by_fault},
          {"entries_forgotten", entries_forgotten_}};
}

void MockJournal::reset() {
  records_.clear();
  requests_ = entries_forgotten_ = tokens_sent_ = streams_ = 0;
  at_once_max_ = running_.size();
  waiting_max_ = waiting_;
  by_outcome_.clear();
  by_status_.clear();
  by_fault_.clear();
}

MockJournal::Record* MockJournal::find(std::uint64_t id) {
  if (records_.empty() || id < records_.front().entry.id) return nullptr;
  const auto index = id - records_.front().entry.id;
  return index < records_.size() ? &records_[index] : nullptr;
}

}  // namespace parlance::bench
