// Conversations that a test leads: each turn waits until the test, or `on_turn`, says what happens.
//
// Threading: calls from any thread; FakeTurn's from one thread at a time.
#pragma once

#include "runtime/ports/conversations.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace parlance::tests {

// One turn, as whoever runs it sees it. Records are kept, for those who join later.
class FakeTurn {
 public:
  FakeTurn(TurnRequest asked, std::shared_ptr<TurnSink> sink, Messages before, std::uint64_t first)
      : request(std::move(asked)),
        seq_(first),
        first_(first) {
    start_.thread = request.thread;
    start_.run = request.run;
    start_.turn = 1;
    start_.accepted_seq = first;
    start_.messages = std::make_shared<const Messages>(std::move(before));
    start_.fields = std::make_shared<const Json>(Json::object());
    TurnAccepted accepted;
    accepted.turn = 1;
    accepted.run = request.run;
    accepted.agent = request.agent;
    accepted.input = request.input;
    accepted.options = request.options;
    accepted.temporary = request.temporary;
    accepted.request_digest = request.request_digest;
    accepted.command = request.command;
    accepted.accepted_ms = unix_ms();
    start_.accepted = std::make_shared<const TurnAccepted>(std::move(accepted));
    readers_.push_back(std::move(sink));
  }

  FakeTurn& accept() {
    for (const auto& reader : readers_)
      reader->started(start_);
    return show(*start_.accepted);
  }

  FakeTurn& say(std::vector<std::string> pieces, std::string message = {}) {
    return show(Delta{1, "generate", or_usual(std::move(message)), std::move(pieces)});
  }

  FakeTurn& give_up(std::string message = {}) {
    return show(Superseded{1, or_usual(std::move(message))});
  }

  FakeTurn& step(std::string text, std::string message = {}, Json update = Json::object()) {
    StepDone done;
    done.turn = 1;
    done.step = ++step_;
    done.node = "generate";
    done.update = std::move(update);
    done.messages.push_back(std::make_shared<const Message>(
        Message{or_usual(std::move(message)), Role::ai, std::move(text), nullptr, Usage{3, 2}}));
    return show(std::move(done));
  }

  void finish(StopReason reason = StopReason::stop) {
    TurnEnded ended;
    ended.usage = {3, 2};
    ended.stop_reason = reason;
    end(std::move(ended));
  }

  // In front of `next`, with a question unless `question` is null.
  void pause(std::string next, const Json& question) {
    TurnEnded ended;
    ended.outcome = TurnOutcome::paused;
    ended.next = std::move(next);
    if (!question.is_null()) ended.interrupt = Interrupt{std::string(32, 'a'), question};
    end(std::move(ended));
  }

  void fail(ErrorCode code, std::string detail = "it failed") {
    TurnEnded ended;
    ended.outcome = code == ErrorCode::cancelled ? TurnOutcome::cancelled : TurnOutcome::failed;
    ended.error = code;
    ended.error_detail = std::move(detail);
    end(std::move(ended));
  }

  void close(std::optional<Error> error) {
    for (const auto& reader : std::exchange(readers_, {}))
      reader->closed(error);
  }

  void refuse(ErrorCode code) { close(Error{code, "refused", {}, {}}); }

  // As Conversations::join() does.
  void join(std::shared_ptr<TurnSink> sink, bool repeated = false) {
    auto start = start_;
    start.repeated = repeated;
    sink->started(start);
    sink->records(records_);
    if (view.ended_seq != 0) return sink->closed(std::nullopt);
    readers_.push_back(std::move(sink));
  }

  FakeTurn& show(Event event) {
    auto record = std::make_shared<const Record>(Record{seq_++, std::move(event)});
    records_.push_back(record);
    const std::vector<RecordPtr> batch{record};
    for (const auto& reader : readers_)
      still_read = reader->records(batch);
    return *this;
  }

  const std::vector<RecordPtr>& records() const { return records_; }

  TurnRequest request;
  RunView view;
  bool still_read = true;  // what records() last answered

 private:
  std::string or_usual(std::string message) const {
    return message.empty() ? "m-" + std::to_string(first_) : message;
  }

  static std::int64_t unix_ms() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  }

  void end(TurnEnded ended) {
    ended.turn = 1;
    ended.ended_ms = unix_ms();
    ended.accepted_seq = first_;
    view.ended_seq = seq_;
    view.status = succeeded(ended.outcome) ? RunStatus::success : RunStatus::error;
    view.ended = std::make_shared<const TurnEnded>(ended);
    show(std::move(ended));
    close(std::nullopt);
  }

  TurnStart start_;
  std::vector<std::shared_ptr<TurnSink>> readers_;
  std::vector<RecordPtr> records_;
  std::uint64_t seq_;
  const std::uint64_t first_;
  std::uint32_t step_ = 0;
};

class FakeConversations : public Conversations {
 public:
  // What a turn does as soon as it is asked for. By default it echoes.
  std::function<void(FakeTurn&)> on_turn = [](FakeTurn& turn) {
    turn.accept().step("echo: " + turn.request.input.back()->text).finish();
  };

  // Waits for the n-th turn asked for, counted from 0.
  FakeTurn& turn(std::size_t n = 0) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return turns_.size() > n; });
    return *turns_[n];
  }

  std::pair<RunId, CancelReason> wait_for_cancel() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !cancels_.empty(); });
    return cancels_.back();
  }

  std::size_t cancels() {
    const std::lock_guard lock(mutex_);
    return cancels_.size();
  }

  // How many turns have been made.
  std::size_t turns() {
    const std::lock_guard lock(mutex_);
    return turns_.size();
  }

  void add_thread(const ThreadKey& key) {
    const std::lock_guard lock(mutex_);
    make(key);
  }

  void start_turn(TurnRequest request, std::shared_ptr<TurnSink> sink) override {
    FakeTurn* turn = nullptr;
    if (!request.request_digest.empty()) turn = find(request.thread, request.run);
    if (turn != nullptr) {
      if (turn->request.request_digest == request.request_digest)
        return turn->join(std::move(sink), /*repeated=*/true);
      return sink->closed(Error{ErrorCode::idempotency_key_reused, {}, {}, {}});
    }
    {
      const std::lock_guard lock(mutex_);
      auto thread = threads_.find(request.thread);
      if (thread == threads_.end()) {
        if (request.if_missing == IfMissing::reject)
          return sink->closed(Error{ErrorCode::thread_not_found, {}, {}, {}});
        thread = make(request.thread);
      }
      turns_.push_back(std::make_unique<FakeTurn>(
          std::move(request), std::move(sink), thread->second.messages, 10 * turns_.size() + 1));
      turn = turns_.back().get();
      turn->view.run = turn->request.run;
      turn->view.agent = turn->request.agent;
      turn->view.begun = true;
      turn->view.accepted_seq = 10 * (turns_.size() - 1) + 1;
      auto accepted = std::make_shared<TurnAccepted>();
      accepted->input = turn->request.input;
      accepted->options = turn->request.options;
      turn->view.accepted = std::move(accepted);
      changed_.notify_all();
    }
    if (on_turn) on_turn(*turn);
    const std::lock_guard lock(mutex_);
    if (turn->view.ended_seq == 0) return;
    auto& view = threads_.at(turn->request.thread);
    merge_messages(view.messages, turn->request.input);
    for (const auto& record : turn->records()) {
      if (const auto* step = get_if<StepDone>(&record->event))
        merge_messages(view.messages, step->messages);
    }
  }

  void estimate(TurnRequest request, Answer<std::optional<CallEstimate>> done) override {
    estimated.push_back(std::move(request));
    done(estimate_answer);
  }

  void join(const ThreadKey& thread, const RunId& run, std::shared_ptr<TurnSink> sink) override {
    FakeTurn* const turn = find(thread, run);
    if (turn == nullptr) return sink->closed(Error{ErrorCode::run_not_found, {}, {}, {}});
    turn->join(std::move(sink));
  }

  void cancel(const ThreadKey& thread,
              const RunId& run,
              CancelReason reason,
              Answer<void> done) override {
    FakeTurn* const turn = find(thread, run);
    if (turn == nullptr) return done(Error{ErrorCode::run_not_found, {}, {}, {}});
    {
      const std::lock_guard lock(mutex_);
      cancels_.emplace_back(run, reason);
      changed_.notify_all();
    }
    done({});
  }

  void create_thread(CreateThread create, Answer<std::shared_ptr<const ThreadView>> done) override {
    std::shared_ptr<const ThreadView> view;
    {
      const std::lock_guard lock(mutex_);
      auto thread = threads_.find(create.thread);
      const bool repeated = thread != threads_.end() && !create.request_digest.empty() &&
                            digests_[create.thread] == create.request_digest;
      if (thread != threads_.end() && !create.existing_ok && !repeated) {
        view = nullptr;
      } else {
        if (thread == threads_.end()) {
          thread = make(create.thread);
          thread->second.metadata = create.metadata;
          digests_[create.thread] = create.request_digest;
          last_ttl_ms = create.ttl_ms;
        }
        view = std::make_shared<const ThreadView>(thread->second);
      }
    }
    if (!view) return done(Error{ErrorCode::thread_exists, "Thread already exists", {}, {}});
    done(view);
  }

  void view(const ThreadKey& thread, Answer<std::shared_ptr<const ThreadView>> done) override {
    std::shared_ptr<ThreadView> view;
    {
      const std::lock_guard lock(mutex_);
      const auto found = threads_.find(thread);
      if (found != threads_.end()) {
        view = std::make_shared<ThreadView>(found->second);
        for (const auto& turn : turns_) {
          if (turn->request.thread == thread) view->runs.push_back(turn->view);
        }
      }
    }
    if (!view) return done(Error{ErrorCode::thread_not_found, {}, {}, {}});
    done(std::shared_ptr<const ThreadView>(std::move(view)));
  }

  void update_state(UpdateState update, Answer<std::shared_ptr<const ThreadView>> done) override {
    {
      const std::lock_guard lock(mutex_);
      updates.push_back(update);
    }
    view(update.thread, std::move(done));
  }

  void delete_thread(const ThreadKey& thread, Answer<void> done) override {
    bool erased = false;
    {
      const std::lock_guard lock(mutex_);
      erased = threads_.erase(thread) > 0;
    }
    if (!erased) return done(Error{ErrorCode::thread_not_found, {}, {}, {}});
    done({});
  }

  void history(const ThreadKey& thread,
               HistoryQuery query,
               Answer<std::vector<CheckpointView>> done) override {
    {
      const std::lock_guard lock(mutex_);
      if (!threads_.contains(thread)) return done(Error{ErrorCode::thread_not_found, {}, {}, {}});
    }
    ++history_pages;
    auto at = checkpoints.begin();
    if (const auto& named = query.at.empty() ? query.before : query.at; !named.empty()) {
      at = std::find_if(
          at, checkpoints.end(), [&](const auto& checkpoint) { return checkpoint.id == named; });
      if (at == checkpoints.end())
        return done(Error{ErrorCode::checkpoint_not_found, {}, "before", {}});
      if (query.at.empty()) ++at;
    }
    const auto left = static_cast<std::size_t>(checkpoints.end() - at);
    const auto count = query.at.empty() ? std::min(left, query.checkpoints_max) : 1;
    done(std::vector<CheckpointView>(at, at + static_cast<std::ptrdiff_t>(count)));
  }

  void copy_thread(CopyThread copy, Answer<std::shared_ptr<const ThreadView>> done) override {
    std::shared_ptr<const ThreadView> view;
    {
      const std::lock_guard lock(mutex_);
      const auto from = threads_.find(copy.from);
      const bool made = threads_.contains(copy.to);
      if (made && digests_[copy.to] != copy.request_digest)
        return done(Error{ErrorCode::thread_exists, {}, {}, {}});
      if (!made && from == threads_.end())
        return done(Error{ErrorCode::thread_not_found, {}, {}, {}});
      if (!made) {
        const auto own = make(copy.to);
        own->second.messages = from->second.messages;
        own->second.metadata = from->second.metadata;
        digests_[copy.to] = copy.request_digest;
      }
      view = std::make_shared<const ThreadView>(threads_.at(copy.to));
    }
    done(view);
  }

  void quarantined(Answer<std::vector<QuarantinedTurn>> done) override { done(in_quarantine); }

  void release_quarantined(const ThreadKey& thread, Answer<void> done) override {
    const auto released =
        std::erase_if(in_quarantine, [&](const auto& turn) { return turn.thread == thread; });
    if (released == 0) return done(Error{ErrorCode::run_not_found, {}, {}, {}});
    done({});
  }

  std::vector<CheckpointView> checkpoints;  // of every thread, newest first
  std::atomic<int> history_pages = 0;       // asked for
  std::vector<UpdateState> updates;         // not while the server answers
  std::vector<TurnRequest> estimated;       // not while the server answers
  Result<std::optional<CallEstimate>> estimate_answer = std::optional<CallEstimate>();
  std::vector<QuarantinedTurn> in_quarantine;  // not while the server answers
  std::optional<std::int64_t> last_ttl_ms;

 private:
  using Threads = std::map<ThreadKey, ThreadView>;

  Threads::iterator make(const ThreadKey& key) {
    ThreadView view;
    view.thread = key;
    view.incarnation = 7;
    view.created_ms = view.updated_ms = 1'790'000'000'000;
    view.metadata = Json::object();
    view.fields = Json::object();
    return threads_.emplace(key, std::move(view)).first;
  }

  FakeTurn* find(const ThreadKey& thread, const RunId& run) {
    const std::lock_guard lock(mutex_);
    for (const auto& turn : turns_) {
      if (turn->request.thread == thread && turn->request.run == run) return turn.get();
    }
    return nullptr;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  Threads threads_;
  std::map<ThreadKey, std::string> digests_;  // of the requests that made threads
  std::vector<std::unique_ptr<FakeTurn>> turns_;
  std::vector<std::pair<RunId, CancelReason>> cancels_;
};

}  // namespace parlance::tests
