// Conversations, as actors keep them: hands each call to the directory that its thread belongs to.
//
// Threading: as Conversations.
#pragma once

#include "actors/messages.hpp"
#include "actors/part_slot.hpp"
#include "runtime/ports/conversations.hpp"

#include <memory>
#include <vector>

namespace parlance::actors {

class ActorConversations : public Conversations {
 public:
  explicit ActorConversations(std::vector<std::shared_ptr<PartSlot>> directories)
      : directories_(std::move(directories)) {}

  void start_turn(TurnRequest request, std::shared_ptr<TurnSink> sink) override;
  void estimate(TurnRequest request, Answer<std::optional<CallEstimate>> done) override;
  void join(const ThreadKey& thread, const RunId& run, std::shared_ptr<TurnSink> sink) override;
  void cancel(const ThreadKey& thread,
              const RunId& run,
              CancelReason reason,
              Answer<void> done) override;
  void create_thread(CreateThread create, Answer<std::shared_ptr<const ThreadView>> done) override;
  void view(const ThreadKey& thread, Answer<std::shared_ptr<const ThreadView>> done) override;
  void update_state(UpdateState update, Answer<std::shared_ptr<const ThreadView>> done) override;
  void delete_thread(const ThreadKey& thread, Answer<void> done) override;
  void history(const ThreadKey& thread,
               HistoryQuery query,
               Answer<std::vector<CheckpointView>> done) override;
  void copy_thread(CopyThread copy, Answer<std::shared_ptr<const ThreadView>> done) override;
  void quarantined(Answer<std::vector<QuarantinedTurn>> done) override;
  void release_quarantined(const ThreadKey& thread, Answer<void> done) override;

  // Loads the thread, so that it goes on with its unfinished turns.
  void wake(const ThreadKey& thread, Answer<void> done);

 private:
  using Directories = std::vector<std::shared_ptr<PartSlot>>;

  caf::actor directory_of(const ThreadKey& thread) const {
    return directory_of(directories_, thread);
  }
  static caf::actor directory_of(const Directories& directories, const ThreadKey& thread);
  void ask(ThreadKey thread, ThreadRequest request) const {
    ask(directories_, std::move(thread), std::move(request));
  }
  static void ask(const Directories& directories, ThreadKey thread, ThreadRequest request);

  const Directories directories_;
};

}  // namespace parlance::actors
