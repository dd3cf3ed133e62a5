// Directories, threads and pools as app.cpp wires them, on the test's clock, with test-side ports.
#pragma once

#include "actors/actor_conversations.hpp"
#include "actors/llm_pool.hpp"
#include "actors/retriever_pool.hpp"
#include "actors/thread_directory.hpp"
#include "tests/support/actor_test.hpp"
#include "tests/support/fake_provider.hpp"
#include "tests/support/memory_journal.hpp"
#include "tests/support/recording_sink.hpp"
#include "tests/support/test_agents.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace parlance::actors {

using Strings = std::vector<std::string>;

inline const ThreadKey thread_1{TenantId{"acme"}, ThreadId{"t1"}};

struct ConversationTest : tests::ActorTest {
  ConversationTest() {
    providers["fake"] = nullptr;
    auto fake = std::make_unique<tests::FakeProvider>();
    provider = fake.get();
    providers["fake"] = std::move(fake);
  }
  ~ConversationTest() {
    end_actors();
    provider->calls.clear();
    for (const auto& slot : {llm_pool, retriever_pool, directory, webhooks.sender})
      slot->clear();
    journal.forget_unanswered();
    run_messages();
  }

  // Starts (again) with nothing in memory: what a new process finds.
  void start_node() {
    if (auto old = directory->part().actor) {
      caf::anon_send_exit(old, caf::exit_reason::kill);
      run_messages();
    }
    const ThreadTools tools{
        agents, journal, metrics, clock, llm_pool, retriever_pool, webhooks, *money};
    set(llm_pool,
        system.spawn<LlmPool>(RoleOptions{{"main", {lane}}},
                              LlmPoolTools{providers, registry, clock}));
    set(directory, system.spawn<ThreadDirectory>(options, tools));
    conversations = std::make_unique<ActorConversations>(std::vector{directory});
    run_messages();
  }

  void set(const std::shared_ptr<PartSlot>& slot, caf::actor actor) {
    slot->set({ends_with_test(std::move(actor)), ++generation});
  }

  TurnRequest request(const std::string& agent,
                      const std::string& text,
                      const std::string& thread = "t1") {
    TurnRequest turn{.thread = {TenantId{"acme"}, ThreadId{thread}},
                     .run = RunId{random_uuid()},
                     .agent = agent,
                     .model_override = {},
                     .input = {tests::human(text)},
                     .deadline = Deadline::at(clock.now() + std::chrono::seconds(60)),
                     .request_id = "r1"};
    return turn;
  }

  std::shared_ptr<tests::RecordingSink> start_turn(TurnRequest turn) {
    auto sink = std::make_shared<tests::RecordingSink>();
    conversations->start_turn(std::move(turn), sink);
    run_messages();
    return sink;
  }

  // Lets the journal answer everything, and what follows from it.
  void settle() {
    do {
      run_messages();
    } while (journal.answer_next());
    run_messages();
  }

  std::shared_ptr<const ThreadView> view(const std::string& thread = "t1") {
    std::shared_ptr<const ThreadView> shown;
    conversations->view({TenantId{"acme"}, ThreadId{thread}}, [&](auto answer) {
      if (answer) shown = *answer;
    });
    settle();
    return shown;
  }

  double metric(const std::string& line) {
    const std::string text = registry.text();
    const auto at = text.find("\n" + line + " ");
    return at == std::string::npos ? -1 : std::stod(text.substr(at + line.size() + 2));
  }

  Agents agents = tests::test_agents();
  Registry registry;
  TurnMetrics metrics{registry};
  tests::MemoryJournal journal;
  std::map<std::string, std::unique_ptr<ChatProvider>> providers;
  tests::FakeProvider* provider = nullptr;
  LaneOptions lane{"fake", "fake-1", 2, 2};
  DirectoryOptions options;
  std::uint64_t generation = 0;
  std::shared_ptr<PartSlot> llm_pool = std::make_shared<PartSlot>();
  std::shared_ptr<PartSlot> retriever_pool = std::make_shared<PartSlot>();
  std::shared_ptr<PartSlot> directory = std::make_shared<PartSlot>();
  // A webhook's body is the id of its run.
  Webhooks webhooks{[](const EndedRun& ended) { return ended.run.run.value; }, TenantGate(3, 2)};
  std::unique_ptr<Money> money = std::make_unique<Money>(
      PriceTable(), BudgetOptions(), RoleOptions{{"main", {lane}}}, registry);
  std::unique_ptr<ActorConversations> conversations;
};

}  // namespace parlance::actors
