#include "actors/actor_conversations.hpp"

#include <caf/send.hpp>

#include <utility>

namespace parlance::actors {

caf::actor ActorConversations::directory_of(const Directories& directories,
                                            const ThreadKey& thread) {
  return directories[std::hash<ThreadKey>{}(thread) % directories.size()]->part().actor;
}

void ActorConversations::start_turn(TurnRequest request, std::shared_ptr<TurnSink> sink) {
  const auto directory = directory_of(request.thread);
  auto job = std::make_shared<TurnJob>(std::move(request), std::move(sink));
  if (directory) caf::anon_send(directory, RunTurn{std::move(job)});
}

void ActorConversations::estimate(TurnRequest request, Answer<std::optional<CallEstimate>> done) {
  ThreadKey key = request.thread;
  ask(std::move(key), EstimateTurn{std::move(request), std::move(done)});
}

void ActorConversations::join(const ThreadKey& thread,
                              const RunId& run,
                              std::shared_ptr<TurnSink> sink) {
  ask(thread, JoinRun{run, std::move(sink)});
}

void ActorConversations::cancel(const ThreadKey& thread,
                                const RunId& run,
                                CancelReason reason,
                                Answer<void> done) {
  ask(thread, CancelRun{run, reason, std::move(done)});
}

void ActorConversations::create_thread(CreateThread create,
                                       Answer<std::shared_ptr<const ThreadView>> done) {
  ThreadKey key = create.thread;
  ask(std::move(key), MakeThread{std::move(create), std::move(done)});
}

void ActorConversations::view(const ThreadKey& thread,
                              Answer<std::shared_ptr<const ThreadView>> done) {
  ask(thread, ShowThread{std::move(done)});
}

void ActorConversations::update_state(UpdateState update,
                                      Answer<std::shared_ptr<const ThreadView>> done) {
  ThreadKey key = update.thread;
  ask(std::move(key), ChangeState{std::move(update), std::move(done)});
}

void ActorConversations::delete_thread(const ThreadKey& thread, Answer<void> done) {
  ask(thread, DeleteThread{std::move(done)});
}

void ActorConversations::history(const ThreadKey& thread,
                                 HistoryQuery query,
                                 Answer<std::vector<CheckpointView>> done) {
  ask(thread, ReadHistory{std::move(query), std::move(done)});
}

// The original answers on a thread of its own, and may do so when these conversations are gone.
void ActorConversations::copy_thread(CopyThread copy,
                                     Answer<std::shared_ptr<const ThreadView>> done) {
  const ThreadKey from = copy.from;
  ask(from,
      PlanCopy{[directories = directories_, copy = std::move(copy), done = std::move(done)](
                   Result<std::shared_ptr<const CopyPlan>> plan) {
        ask(directories, copy.to, WriteCopy{copy, std::move(plan), done});
      }});
}

void ActorConversations::quarantined(Answer<std::vector<QuarantinedTurn>> done) {
  const auto list = std::make_shared<QuarantineList>(std::move(done));
  for (const auto& slot : directories_) {
    if (const auto directory = slot->part().actor) caf::anon_send(directory, ListQuarantined{list});
  }
}

void ActorConversations::release_quarantined(const ThreadKey& thread, Answer<void> done) {
  ask(thread, ReleaseTurn{std::move(done)});
}

void ActorConversations::wake(const ThreadKey& thread, Answer<void> done) {
  ask(thread, WakeThread{std::move(done)});
}

// A job that finds no directory, or is lost with it, answers for itself.
void ActorConversations::ask(const Directories& directories,
                             ThreadKey thread,
                             ThreadRequest request) {
  const auto directory = directory_of(directories, thread);
  auto job = std::make_shared<ControlJob>(std::move(thread), std::move(request));
  if (directory) caf::anon_send(directory, AskThread{std::move(job)});
}

}  // namespace parlance::actors
