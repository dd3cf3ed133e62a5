// A Journal that holds every callback until the test lets it run, and can fence and fail on demand.
// What was appended but not answered is not "on disk": forget_unanswered() loses it, as a crash
// does.
#pragma once

#include "runtime/ports/journal.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

namespace parlance::tests {

class MemoryJournal : public Journal {
 public:
  struct Thread {
    std::uint64_t epoch = 0;
    std::optional<Head> head;
    std::vector<RecordPtr> records;
    std::vector<Delivery> deliveries;
  };

  void open(const ThreadKey& key, Opened opened) override {
    pending_.push_back([this, key, opened = std::move(opened)] {
      if (open_error_) return opened(*open_error_);
      Thread& thread = threads_[key];
      OpenedThread answer;
      answer.epoch = ++thread.epoch;
      if (thread.head && thread.head->expires_ms == expires_unmade_ms) return opened(answer);
      answer.head = thread.head;
      answer.records = thread.records;
      answer.seq = thread.records.empty() ? 0 : thread.records.back()->seq;
      opened(answer);
    });
  }

  void release(const ThreadKey&, std::uint64_t) override { ++released; }

  void append(Append append, Appended appended) override {
    ++appends;
    pending_.push_back([this, append = std::move(append), appended = std::move(appended)] {
      const auto outcome = std::exchange(next_outcome_, AppendOutcome::committed);
      if (outcome != AppendOutcome::committed) return appended(outcome);
      Thread& thread = threads_[append.thread];
      if (append.head && thread.head && append.head->incarnation != thread.head->incarnation)
        thread.records.clear();
      const std::uint64_t last = thread.records.empty() ? 0 : thread.records.back()->seq;
      if (append.epoch != thread.epoch || append.seq != last)
        return appended(AppendOutcome::fenced);
      std::erase_if(thread.records, [&](const RecordPtr& record) {
        const auto& deleted = append.deleted_seqs;
        return std::find(deleted.begin(), deleted.end(), record->seq) != deleted.end();
      });
      thread.records.insert(thread.records.end(), append.records.begin(), append.records.end());
      if (append.head) thread.head = append.head;
      thread.deliveries.insert(
          thread.deliveries.end(), append.deliveries.begin(), append.deliveries.end());
      take({append.spendings, append.ledger, {}});
      appended(AppendOutcome::committed);
    });
  }

  void charge(Charges written, Appended charged) override {
    ++charges;
    pending_.push_back([this, written = std::move(written), charged = std::move(charged)] {
      const auto outcome = std::exchange(next_outcome_, AppendOutcome::committed);
      if (outcome == AppendOutcome::committed) take(written);
      charged(outcome);
    });
  }

  void erase(const ThreadKey& key, std::uint64_t, Undelivered undelivered, Erased erased) override {
    pending_.push_back([this, key, undelivered, erased = std::move(erased)] {
      if (undelivered == Undelivered::erased) threads_[key].deliveries.clear();
      threads_[key].head.reset();
      threads_[key].records.clear();
      if (erased) erased({});
    });
  }

  void read(const ThreadKey& key,
            std::uint64_t first,
            std::uint64_t last,
            std::size_t records_max,
            Read read) override {
    ++reads;
    pending_.push_back([=, this, read = std::move(read)] {
      std::vector<RecordPtr> found;
      for (const auto& record : threads_[key].records) {
        const bool room = found.size() < std::min(records_max, read_records_max);
        if (record->seq >= first && record->seq <= last && room) found.push_back(record);
      }
      read(found);
    });
  }

  void unfinished(std::optional<ThreadKey> after, std::size_t threads_max, Listed listed) override {
    pending_.push_back([=, this, listed = std::move(listed)] {
      std::vector<ThreadKey> found;
      for (const auto& [key, thread] : threads_) {
        const bool wanted =
            thread.head && !thread.head->unfinished_seqs.empty() && (!after || key > *after);
        if (wanted && found.size() < threads_max) found.push_back(key);
      }
      listed(found);
    });
  }

  bool writable() const override { return true; }

  // Runs the oldest waiting callback. False when there is none.
  bool answer_next() {
    if (pending_.empty()) return false;
    auto answer = std::move(pending_.front());
    pending_.pop_front();
    answer();
    return true;
  }

  void forget_unanswered() { pending_.clear(); }
  void next_append_is(AppendOutcome outcome) { next_outcome_ = outcome; }
  void opening_fails(Error error) { open_error_ = std::move(error); }
  Thread& thread(const ThreadKey& key) { return threads_[key]; }

  std::map<AccountKey, Account> accounts;
  std::map<LedgerKey, LedgerRow> ledger;
  int appends = 0;
  int charges = 0;
  std::size_t read_records_max = SIZE_MAX;  // of one read, whatever was asked
  int reads = 0;
  int released = 0;

 private:
  void take(const Charges& charged) {
    for (const auto& spending : charged.spendings)
      spending.add_to(accounts[spending.account]);
    for (const auto& row : charged.ledger)
      ledger[row.key] = row;
    for (const auto& delivery : charged.deliveries)
      threads_[delivery.key.thread].deliveries.push_back(delivery);
  }

  std::deque<std::function<void()>> pending_;
  std::map<ThreadKey, Thread> threads_;
  AppendOutcome next_outcome_ = AppendOutcome::committed;
  std::optional<Error> open_error_;
};

}  // namespace parlance::tests
