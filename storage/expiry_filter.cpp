#include "storage/expiry_filter.hpp"

#include "storage/expiry.hpp"
#include "storage/keys.hpp"
#include "storage/record_codec.hpp"

#include <string>
#include <utility>

namespace parlance::storage {
namespace {

std::string_view view(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

// Judges each row by itself.
class RowFilter : public rocksdb::CompactionFilter {
 public:
  using Drops = bool (ExpiryJudge::*)(std::string_view key, std::string_view value) const;

  RowFilter(std::shared_ptr<const ExpiryJudge> judge, const char* name, Drops drops)
      : judge_(std::move(judge)),
        name_(name),
        drops_(drops) {}

  const char* Name() const override { return name_; }
  bool Filter(int,
              const rocksdb::Slice& key,
              const rocksdb::Slice& value,
              std::string*,
              bool*) const override {
    return ((*judge_).*drops_)(view(key), view(value));
  }

 private:
  const std::shared_ptr<const ExpiryJudge> judge_;
  const char* const name_;
  const Drops drops_;
};

class EventsFilter : public rocksdb::CompactionFilter {
 public:
  explicit EventsFilter(std::shared_ptr<const ExpiryJudge> judge) : judge_(std::move(judge)) {}

  const char* Name() const override { return "parlance.events"; }

  bool Filter(
      int, const rocksdb::Slice& key, const rocksdb::Slice&, std::string*, bool*) const override {
    const auto event = split_event_key(view(key));
    if (!event) return false;
    if (event->thread != thread_ || event->incarnation != incarnation_) {
      drops_ = judge_->drops_events(event->thread, event->incarnation);
      thread_ = event->thread;
      incarnation_ = event->incarnation;
    }
    return drops_;
  }

 private:
  const std::shared_ptr<const ExpiryJudge> judge_;

  // The verdict on the thread seen last. A filter serves one compaction, on one thread.
  mutable std::string thread_;
  mutable std::uint64_t incarnation_ = 0;
  mutable bool drops_ = false;
};

class LedgerFilter : public rocksdb::CompactionFilter {
 public:
  explicit LedgerFilter(std::shared_ptr<const ExpiryJudge> judge) : judge_(std::move(judge)) {}

  const char* Name() const override { return "parlance.ledger"; }
  bool Filter(
      int, const rocksdb::Slice& key, const rocksdb::Slice&, std::string*, bool*) const override {
    return judge_->drops_call(view(key));
  }

 private:
  const std::shared_ptr<const ExpiryJudge> judge_;
};

class ExpiryFilterFactory : public rocksdb::CompactionFilterFactory {
 public:
  ExpiryFilterFactory(std::shared_ptr<const ExpiryJudge> judge, FilteredFamily family)
      : judge_(std::move(judge)),
        family_(family) {}

  const char* Name() const override { return "parlance.expiry"; }

  std::unique_ptr<rocksdb::CompactionFilter> CreateCompactionFilter(
      const rocksdb::CompactionFilter::Context&) override {
    switch (family_) {
      case FilteredFamily::heads:
        return std::make_unique<RowFilter>(judge_, "parlance.heads", &ExpiryJudge::drops_head);
      case FilteredFamily::events:
        return std::make_unique<EventsFilter>(judge_);
      case FilteredFamily::unfinished:
        return std::make_unique<RowFilter>(
            judge_, "parlance.unfinished", &ExpiryJudge::drops_unfinished);
      case FilteredFamily::ledger:
        return std::make_unique<LedgerFilter>(judge_);
      case FilteredFamily::accounts:
        return std::make_unique<RowFilter>(
            judge_, "parlance.accounts", &ExpiryJudge::drops_account);
      case FilteredFamily::answers:
        return std::make_unique<RowFilter>(judge_, "parlance.answers", &ExpiryJudge::drops_answer);
    }
    return nullptr;
  }

 private:
  const std::shared_ptr<const ExpiryJudge> judge_;
  const FilteredFamily family_;
};

}  // namespace

void ExpiryJudge::attach(rocksdb::DB& db, rocksdb::ColumnFamilyHandle& heads) {
  heads_ = &heads;
  db_ = &db;
}

bool ExpiryJudge::gone(std::int64_t expires_ms) const {
  return expired(expires_ms, clock_.unix_ms(), options_.expiry_grace);
}

bool ExpiryJudge::drops_head(std::string_view thread, std::string_view value) const {
  const auto head = decode_head(value);
  return head && gone(head->expires_ms) && !open_threads_.running(thread, head->incarnation);
}

bool ExpiryJudge::drops_unfinished(std::string_view thread, std::string_view value) const {
  const auto expires_ms = decode_time(value);
  if (!expires_ms || !gone(*expires_ms)) return false;
  const auto open = open_threads_.find(thread);
  return !open || !open->running;
}

bool ExpiryJudge::drops_events(std::string_view thread, std::uint64_t incarnation) const {
  rocksdb::DB* db = db_;
  if (db == nullptr || open_threads_.running(thread, incarnation)) return false;
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  rocksdb::PinnableSlice value;
  const auto status =
      db->Get(options, heads_, rocksdb::Slice(thread.data(), thread.size()), &value);
  if (status.IsNotFound()) return true;
  if (!status.ok()) return false;
  const auto head = decode_head(value.ToString());
  if (!head) return false;
  return head->incarnation != incarnation || gone(head->expires_ms);
}

bool ExpiryJudge::drops_call(std::string_view ledger_key) const {
  return ledger_key < ledger_prefix(clock_.unix_ms() - options_.ledger_ttl.count());
}

bool ExpiryJudge::drops_account(std::string_view key, std::string_view value) const {
  const auto owner = account_of(key);
  const auto account = decode_account(value);
  return owner && account && options_.is_idle(*owner, *account, clock_.unix_ms());
}

bool ExpiryJudge::drops_answer(std::string_view, std::string_view value) const {
  if (!options_.keeps_answers) return true;
  const auto answer = decode_answer(value);
  return !answer || expired(answer->until_ms, clock_.unix_ms());
}

std::shared_ptr<rocksdb::CompactionFilterFactory> make_expiry_filter(
    std::shared_ptr<const ExpiryJudge> judge, FilteredFamily family) {
  return std::make_shared<ExpiryFilterFactory>(std::move(judge), family);
}

}  // namespace parlance::storage
