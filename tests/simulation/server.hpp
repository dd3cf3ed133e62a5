// One life of the server: its real directory, threads, pool, supervisor, recovery and journal, on
// one thread, without any step of its own. Whoever holds it chooses which message is handled next,
// when the journal's writer and readers take their next step, and when time passes.
//
// kill() ends it as a crash does: from then on nothing of it reaches its clients, its provider or
// the disk.
#pragma once

#include "actors/actor_conversations.hpp"
#include "actors/llm_pool.hpp"
#include "actors/thread_directory.hpp"
#include "runtime/metrics/journal_metrics.hpp"
#include "runtime/metrics/pool_metrics.hpp"
#include "storage/rocks_journal.hpp"
#include "tests/simulation/disk.hpp"
#include "tests/simulation/provider.hpp"
#include "tests/support/actor_test.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace parlance::simulation {

struct ServerOptions {
  actors::DirectoryOptions directory;
  std::uint32_t calls_at_once_max = 2;
  std::uint32_t calls_waiting_max = 2;
  std::size_t batch_appends_max = 4;
  std::size_t reader_queues = 2;
};

class Server {
 public:
  Server(Disk& disk, tests::TestClock& clock, const ServerOptions& options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // False once it is killed. What it answers is to be heard while it is true.
  std::shared_ptr<const bool> alive() const { return alive_; }
  void kill() { *alive_ = false; }

  // Not empty: the process is about to end itself, and why.
  const std::string& ending() const { return ending_; }

  Conversations& conversations() { return *conversations_; }
  Provider& provider() { return *provider_; }
  DiskDatabase& database() { return database_; }

  std::size_t jobs() const;
  // Handles one message of the job at `index`; what it was, for the history.
  std::string run_job(std::size_t index);
  storage::JournalWriter::Step step_writer();
  bool reader_waits(std::size_t queue) const { return journal_->readers().has_work(queue); }
  void step_reader(std::size_t queue) { journal_->readers().step(queue); }
  void pass_time(std::chrono::milliseconds time);
  void end_pool();

  std::size_t resident_threads();
  std::size_t turns_inside();

 private:
  struct Config : caf::actor_system_config {
    Config();
  };

  Registry registry_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::string ending_;
  tests::TestClock& clock_;
  TurnMetrics turn_metrics_;
  JournalMetrics journal_metrics_;
  SupervisionMetrics supervision_metrics_;
  DiskDatabase database_;
  Config config_;
  std::unique_ptr<caf::actor_system> system_;
  std::unique_ptr<storage::RocksJournal> journal_;
  std::map<std::string, std::unique_ptr<ChatProvider>> providers_;
  Provider* provider_ = nullptr;
  actors::Webhooks webhooks_{[](const EndedRun&) { return std::string(); }, TenantGate(1, 1)};
  actors::Money money_{PriceTable(), BudgetOptions(), actors::RoleOptions(), registry_};
  std::shared_ptr<actors::PartSlot> llm_pool_ = std::make_shared<actors::PartSlot>();
  std::shared_ptr<actors::PartSlot> retriever_pool_ = std::make_shared<actors::PartSlot>();
  std::shared_ptr<std::vector<std::shared_ptr<actors::PartSlot>>> directories_;
  std::unique_ptr<actors::ActorConversations> conversations_;
  caf::actor supervisor_;
  caf::actor_addr recovery_;
};

}  // namespace parlance::simulation
