#include "actors/actor_conversations.hpp"

#include <caf/send.hpp>

#include <utility>

namespace parlance::actors {

caf::actor ActorConversations::directory_of(const ThreadKey& thread) const {
  return directories_[std::hash<ThreadKey>{}(thread) % directories_.size()]->part().actor;
}

void ActorConversations::start_turn(TurnRequest request, std::shared_ptr<TurnSink> sink) {
  const auto directory = directory_of(request.thread);
  auto job = std::make_shared<TurnJob>(std::move(request), std::move(sink));
  if (directory) caf::anon_send(directory, RunTurn{std::move(job)});
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
void ActorConversations::ask(ThreadKey thread, ThreadRequest request) {
  const auto directory = directory_of(thread);
  auto job = std::make_shared<ControlJob>(std::move(thread), std::move(request));
  if (directory) caf::anon_send(directory, AskThread{std::move(job)});
}

}  // namespace parlance::actors
