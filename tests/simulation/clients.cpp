#include "tests/simulation/clients.hpp"

#include "storage/keys.hpp"
#include "storage/record_codec.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

namespace parlance::simulation {
namespace {

constexpr const char* agent_names[] = {"echo", "slow", "chat", "chat", "twice", "drafts"};
constexpr const char* multitask_names[] = {"reject", "enqueue", "interrupt", "rollback"};

std::string numbered(const char* what, std::uint64_t number) {
  const std::string digits = std::to_string(number);
  return what + std::string(4 - std::min<std::size_t>(4, digits.size()), '0') + digits;
}

MessagePtr message(const std::string& id, std::string text) {
  return std::make_shared<const Message>(Message{id, Role::human, std::move(text), nullptr, {}});
}

template <class T>
std::string outcome_of(const Result<T>& result) {
  return result ? "done" : std::string(to_string(result.error().code));
}

}  // namespace

Clients::Clients(const ClientOptions& options,
                 Random& random,
                 Disk& disk,
                 const tests::TestClock& clock,
                 History& history)
    : options_(options),
      random_(random),
      disk_(disk),
      clock_(clock),
      history_(history) {
  for (std::size_t i = 0; i < options.threads; ++i) {
    const std::string name = "t" + std::to_string(i);
    threads_[name].key = {TenantId{"acme"}, ThreadId{name}};
  }
}

void Clients::connect(Server& server) {
  server_ = &server;
  readers_.clear();
  rollbacks_.clear();
  waiting_.clear();
  for (auto& [name, thread] : threads_)
    thread.deletions = 0;
}

// ---- what they do

void Clients::act() {
  auto thread = threads_.begin();
  std::advance(thread, static_cast<std::ptrdiff_t>(random_.below(options_.threads)));
  const std::size_t choice = random_.below(100);
  if (choice < 40 || runs_.empty()) return send(make_run(), /*another_body=*/false);
  const auto run = any_run();
  if (choice < 52) {
    if (!run->has_key()) return join(run);
    const bool another = random_.chance(200) && run->acknowledged() && !run->may_be_gone();
    return send(run, another);
  }
  if (choice < 70) return join(run);
  if (choice < 75) {
    if (!readers_.empty()) readers_[random_.below(readers_.size())]->leave();
    return;
  }
  if (choice < 84) {
    const bool rolls_back = options_.take_over && random_.chance(400);
    return cancel(run, rolls_back ? CancelReason::rollback : CancelReason::asked);
  }
  if (choice < 89) return make_thread(thread->second);
  if (choice < 97) return look_at(thread->second);
  if (options_.delete_threads) remove(thread->second);
}

std::shared_ptr<Run> Clients::make_run() {
  constexpr std::uint32_t times_ms[] = {40, 1'000, 20'000, 60'000, 60'000};
  constexpr const char* waits_ms[] = {"0", "10", "300"};
  auto run = std::make_shared<Run>(TurnRequest{.thread = {},
                                               .run = {},
                                               .agent = {},
                                               .model_override = {},
                                               .input = {},
                                               .deadline = Deadline::at(clock_.now()),
                                               .request_id = {}});
  TurnRequest& request = run->request;
  ++named_;
  const bool has_key = options_.keys && random_.chance(400);
  request.run = RunId{numbered(has_key ? "key-" : "run-", named_)};
  request.request_id = request.run.value;
  request.agent = agent_names[random_.below(std::size(agent_names))];
  request.input = {message(numbered("m-", named_), waits_ms[random_.below(std::size(waits_ms))])};
  if (has_key) request.request_digest = numbered("digest-", named_);
  request.temporary = options_.temporary_threads && random_.chance(50);
  const std::string thread = request.temporary
                                 ? numbered("x-", named_)
                                 : "t" + std::to_string(random_.below(options_.threads));
  request.thread = {TenantId{"acme"}, ThreadId{thread}};
  run->may_be_deleted = request.temporary;
  const std::size_t multitask = random_.below(10);
  request.multitask = multitask < 6                          ? Multitask::enqueue
                      : multitask < 7 || !options_.take_over ? Multitask::reject
                      : multitask < 9                        ? Multitask::interrupt
                                                             : Multitask::rollback;
  if (random_.chance(100)) request.if_missing = IfMissing::reject;
  vary(request);
  run->time_max_ms = times_ms[random_.below(std::size(times_ms))];
  runs_.push_back(run);
  return run;
}

// Turns that ask, that answer, and that begin later.
void Clients::vary(TurnRequest& request) {
  constexpr std::uint32_t delays_ms[] = {1, 300, 5'000};
  if (options_.pauses && random_.chance(400)) {
    request.agent = "asks";
    if (random_.chance(600)) {
      request.input.clear();
      request.command = Command{};
      if (random_.chance(800)) request.command->resume = Json("yes, do");
    }
  }
  if (options_.delays && !request.temporary && random_.chance(200))
    request.start_delay = std::chrono::milliseconds(delays_ms[random_.below(std::size(delays_ms))]);
}

void Clients::send(const std::shared_ptr<Run>& run, bool another_body) {
  TurnRequest request = run->request;
  request.deadline = Deadline::at(clock_.now() + std::chrono::milliseconds(run->time_max_ms));
  if (another_body) request.request_digest += "-other";
  const bool rolls_back = request.multitask == Multitask::rollback;
  if (rolls_back) {
    for (const auto& other : runs_of(run->thread()))
      other->may_be_rolled_back = other->may_be_rolled_back || other != run;
  }
  const auto& name = run->thread();
  if (rollback_on_its_way(name)) run->may_be_rolled_back = true;
  const auto thread = threads_.find(name);
  if (thread != threads_.end() && thread->second.deletions > 0) run->may_be_deleted = true;
  history_.add("client: " + std::string(another_body ? "another body for " : "") + run->name() +
               " on " + name + ", " + request.agent + ", " +
               multitask_names[static_cast<std::size_t>(request.multitask)] +
               (request.temporary ? ", temporary" : "") + (request.command ? ", goes on" : "") +
               (request.start_delay.count() > 0 ? ", later" : ""));
  const auto kind = another_body ? ReaderKind::posts_another_body : ReaderKind::posts;
  const auto reader = read(run, kind, "post");
  if (rolls_back) rollbacks_.push_back(reader);
  server_->conversations().start_turn(std::move(request), reader);
}

void Clients::join(const std::shared_ptr<Run>& run) {
  history_.add("client: joins " + run->name());
  server_->conversations().join(
      run->request.thread, run->request.run, read(run, ReaderKind::joins, "join"));
}

void Clients::cancel(const std::shared_ptr<Run>& run, CancelReason reason) {
  const bool rolls_back = reason == CancelReason::rollback;
  if (rolls_back) run->may_be_rolled_back = true;
  const std::string what = (rolls_back ? "rollback of " : "cancel of ") + run->name();
  server_->conversations().cancel(
      run->request.thread,
      run->request.run,
      reason,
      answer<void>(what, [this, run, rolls_back](Result<void>& done) {
        if (!done || !run->acknowledged()) return;
        const std::string thread = storage::thread_key(run->request.thread);
        const auto& heads = disk_.family(Disk::heads);
        const auto stored = heads.find(thread);
        const auto head =
            stored == heads.end() ? Result<Head>(Head{}) : storage::decode_head(stored->second);
        const auto& open = head ? (*head).unfinished_seqs : std::vector<std::uint64_t>{};
        if (std::find(open.begin(), open.end(), run->accepted_seq) != open.end())
          history_.violation(run->name() + ": cancelled, and it has not ended on disk");
        const std::string key = storage::event_key(
            storage::events_prefix(thread, head ? (*head).incarnation : 0), run->accepted_seq);
        const auto& events = disk_.family(Disk::events);
        const auto event = events.find(key);
        if (rolls_back && event != events.end() && event->second == run->accepted_event)
          history_.violation(run->name() + ": rolled back, and it is still on disk");
      }));
}

void Clients::make_thread(Thread& thread) {
  CreateThread create;
  create.thread = thread.key;
  create.existing_ok = random_.chance(500);
  using View = std::shared_ptr<const ThreadView>;
  server_->conversations().create_thread(
      std::move(create),
      answer<View>("making of " + thread.key.thread.value, [this, &thread](Result<View>& view) {
        if (!view) return;
        if (!disk_.is_synced(Disk::heads, storage::thread_key(thread.key)))
          history_.violation("thread " + thread.key.thread.value + " was made, and is not on disk");
        thread.made = true;
      }));
}

void Clients::look_at(Thread& thread) {
  using View = std::shared_ptr<const ThreadView>;
  const std::string name = thread.key.thread.value;
  server_->conversations().view(
      thread.key, answer<View>("view of " + name, [this, &thread, name](Result<View>& view) {
        if (!view && view.error().code != ErrorCode::thread_not_found) return;
        std::map<std::string, const RunView*> shown;
        if (view) {
          for (const auto& run : (*view)->runs) {
            shown[run.run.value] = &run;
            if (!disk_.was_synced(storage::thread_key(thread.key),
                                  run.accepted_seq,
                                  storage::encode(Event(*run.accepted))))
              history_.violation("view of " + name + ": " + run.run.value + " is not on disk");
          }
        } else if (thread.made && !thread.may_be_deleted) {
          history_.violation("thread " + name + " was made and is not there");
        }
        for (const auto& run : runs_of(name)) {
          if (!run->acknowledged() || run->may_be_gone()) continue;
          const auto found = shown.find(run->name());
          if (found == shown.end()) {
            history_.violation("view of " + name + ": " + run->name() + " is missing");
          } else if (run->ended && !found->second->ended) {
            history_.violation("view of " + name + ": " + run->name() + " has not ended there");
          }
        }
      }));
}

void Clients::remove(Thread& thread) {
  thread.may_be_deleted = true;
  ++thread.deletions;
  for (const auto& run : runs_of(thread.key.thread.value))
    run->may_be_deleted = true;
  server_->conversations().delete_thread(
      thread.key,
      answer<void>("deletion of " + thread.key.thread.value, [this, &thread](Result<void>& done) {
        --thread.deletions;
        if (!done) return;
        const std::string key = storage::thread_key(thread.key);
        if (disk_.is_synced(Disk::heads, key) || disk_.family(Disk::heads).contains(key))
          history_.violation("thread " + thread.key.thread.value + " was deleted and is there");
      }));
}

void Clients::come_back() {
  for (const auto& run : std::vector(runs_)) {
    if (run->acknowledged()) {
      if (!run->may_be_gone() && (!run->ended || random_.chance(300))) join(run);
    } else if (run->has_key()) {
      send(run, /*another_body=*/false);
    }
  }
}

bool Clients::one_comes_back() {
  const auto missing = std::find_if(runs_.begin(), runs_.end(), [](const auto& run) {
    return run->acknowledged() && !run->may_be_gone() && !run->ended;
  });
  if (missing == runs_.end()) return false;
  join(*missing);
  return true;
}

void Clients::release(const ThreadKey& thread) {
  const std::string what = "release of " + thread.thread.value;
  server_->conversations().release_quarantined(thread, answer<void>(what, [](Result<void>&) {}));
}

void Clients::look_at_threads() {
  for (auto& [name, thread] : threads_)
    look_at(thread);
}

void Clients::writes_have_failed() {
  for (const auto& reader : readers_)
    reader->writes_have_failed();
}

// ---- those who wait

std::shared_ptr<Reader> Clients::read(const std::shared_ptr<Run>& run,
                                      ReaderKind kind,
                                      const char* what) {
  readers_.push_back(
      std::make_shared<Reader>(what + std::string(" ") + std::to_string(readers_.size()),
                               kind,
                               /*follows_text=*/readers_.size() % 3 != 0,
                               options_.two_owners,
                               run,
                               server_->alive(),
                               disk_,
                               history_));
  if (server_->database().writes() == DiskDatabase::Writes::refused)
    readers_.back()->writes_have_failed();
  return readers_.back();
}

template <class T>
Conversations::Answer<T> Clients::answer(std::string what, std::function<void(Result<T>&)> then) {
  history_.add("client: asks for the " + what);
  waiting_.push_back(std::make_shared<Waiting>(Waiting{std::move(what), false}));
  return [this, alive = server_->alive(), waiting = waiting_.back(), then = std::move(then)](
             Result<T> result) {
    if (!*alive) return;
    history_.add("  " + waiting->what + ": " + outcome_of(result));
    if (std::exchange(waiting->answered, true)) history_.violation(waiting->what + ": twice");
    then(result);
  };
}

bool Clients::all_answered() const {
  return std::all_of(readers_.begin(),
                     readers_.end(),
                     [](const auto& each) { return each->is_closed(); }) &&
         std::all_of(
             waiting_.begin(), waiting_.end(), [](const auto& each) { return each->answered; });
}

void Clients::check_all_answered() {
  for (const auto& reader : readers_) {
    if (!reader->is_closed())
      history_.violation("a reader of " + reader->run().name() + " is forgotten");
  }
  for (const auto& waiting : waiting_) {
    if (!waiting->answered) history_.violation("the " + waiting->what + " is never answered");
  }
}

void Clients::check_against(const JournalContents& journal, bool whole) {
  for (const auto& run : runs_) {
    if (!run->acknowledged()) continue;
    const auto found = journal.turns.find(run->name());
    if (found == journal.turns.end()) {
      if (!run->may_be_gone()) history_.violation(run->name() + " was acknowledged and is gone");
      continue;
    }
    const auto& records = found->second.records;
    if (!records.empty() && records.front().second != run->accepted_event) {
      if (!run->may_be_gone()) history_.violation(run->name() + " was made again");
      continue;
    }
    const bool starts_alike = run->seen.size() <= records.size() &&
                              std::equal(run->seen.begin(), run->seen.end(), records.begin());
    if (!starts_alike) history_.violation(run->name() + ": what was shown is not what is on disk");
    if (run->ended && run->seen.size() != records.size())
      history_.violation(run->name() + ": more is on disk than was shown");
    if (whole && !run->may_be_gone() && !run->ended)
      history_.violation(run->name() + ": nobody was shown its end");
  }
}

std::shared_ptr<Run> Clients::any_run() {
  // Mostly a new one: much happens to it.
  const std::size_t newest = std::min<std::size_t>(4, runs_.size());
  return random_.chance(700) ? runs_[runs_.size() - 1 - random_.below(newest)]
                             : runs_[random_.below(runs_.size())];
}

std::vector<std::shared_ptr<Run>> Clients::runs_of(const std::string& thread) const {
  std::vector<std::shared_ptr<Run>> found;
  for (const auto& run : runs_) {
    if (run->thread() == thread) found.push_back(run);
  }
  return found;
}

bool Clients::rollback_on_its_way(const std::string& thread) const {
  return std::any_of(rollbacks_.begin(), rollbacks_.end(), [&](const auto& reader) {
    return reader->run().thread() == thread && !reader->has_started() && !reader->is_closed();
  });
}

}  // namespace parlance::simulation
