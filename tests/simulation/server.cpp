#include "tests/simulation/server.hpp"

#include "actors/recovery.hpp"
#include "actors/supervisor.hpp"
#include "tests/simulation/agents.hpp"

#include <caf/scheduled_actor.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/send.hpp>
#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <utility>

namespace parlance::simulation {
namespace {

caf::scheduler::test_coordinator& scheduler_of(caf::actor_system& system) {
  return static_cast<caf::scheduler::test_coordinator&>(system.scheduler());
}

// The name of the message's type, without its namespaces.
std::string name_of(const std::type_info* type) {
  static std::map<const std::type_info*, std::string> names;
  if (type == nullptr) return "message";
  auto& name = names[type];
  if (name.empty()) {
    int status = 0;
    char* const text = abi::__cxa_demangle(type->name(), nullptr, nullptr, &status);
    name = text == nullptr ? type->name() : text;
    std::free(text);
    name = name.substr(name.rfind(':') == std::string::npos ? 0 : name.rfind(':') + 1);
  }
  return name;
}

// CAF prints each exception that ends an actor; here they are part of the history.
class Quiet {
 public:
  Quiet() : out_(std::cout.rdbuf(nullptr)) {}
  ~Quiet() { std::cout.rdbuf(out_); }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;

 private:
  std::streambuf* const out_;
};

}  // namespace

Server::Config::Config() {
  set("scheduler.policy", caf::atom("testing"));
  set("logger.verbosity", caf::atom("quiet"));
}

Server::Server(Disk& disk, tests::TestClock& clock, const ServerOptions& options)
    : clock_(clock),
      turn_metrics_(registry_),
      journal_metrics_(registry_),
      supervision_metrics_(registry_),
      database_(disk),
      system_(std::make_unique<caf::actor_system>(config_)),
      directories_(std::make_shared<std::vector<std::shared_ptr<actors::PartSlot>>>()) {
  auto provider = std::make_unique<Provider>();
  provider_ = provider.get();
  providers_["simulated"] = std::move(provider);

  storage::JournalOptions journal_options;
  journal_options.batch_appends_max = options.batch_appends_max;
  journal_options.reader_threads = options.reader_queues;
  journal_options.on_write_failure = [this](const std::string& reason) { ending_ = reason; };
  journal_ = storage::RocksJournal::without_threads(
      std::make_unique<storage::JournalStore>(database_, database_.handles()),
      std::move(journal_options),
      journal_metrics_,
      clock);

  RestartOptions restarts;
  restarts.jitter = 0;
  std::vector<actors::ChildOptions> children;
  children.push_back({"llm_pool",
                      restarts,
                      [this, options](caf::actor_system& system) {
                        return system.spawn<actors::LlmPool>(
                            actors::RoleOptions{{"main",
                                                 {{"simulated",
                                                   "simulated",
                                                   options.calls_at_once_max,
                                                   options.calls_waiting_max}}}},
                            actors::LlmPoolTools{providers_, registry_, clock_});
                      },
                      llm_pool_});
  directories_->push_back(std::make_shared<actors::PartSlot>());
  actors::DirectoryOptions directory = options.directory;
  directory.restarts.jitter = 0;
  restarts.restarts_max = 0;
  const actors::ThreadTools tools{
      agents(), *journal_, turn_metrics_, clock_, llm_pool_, retriever_pool_, webhooks_, money_};
  children.push_back({"directory",
                      restarts,
                      [directory, tools](caf::actor_system& system) {
                        return system.spawn<actors::ThreadDirectory>(directory, tools);
                      },
                      directories_->front()});
  supervisor_ = system_->spawn<actors::Supervisor>(
      std::move(children),
      actors::SupervisorTools{clock_,
                              supervision_metrics_,
                              [this](const std::string& reason) { ending_ = reason; },
                              directories_});
  while (scheduler_of(*system_).try_run_once()) {
  }
  conversations_ = std::make_unique<actors::ActorConversations>(*directories_);
  recovery_ = system_->spawn<actors::Recovery>(*journal_, *conversations_).address();
}

// What is left of it ends unheard.
Server::~Server() {
  const Quiet quiet;
  kill();
  database_.let_writes(DiskDatabase::Writes::refused);
  if (const auto recovery = caf::actor_cast<caf::actor>(recovery_))
    caf::anon_send_exit(recovery, caf::exit_reason::kill);
  caf::anon_send_exit(supervisor_, caf::exit_reason::user_shutdown);
  supervisor_ = nullptr;
  // Calls and timeouts hold actors, and nobody waits for them any more.
  const auto let_go = [this] {
    provider_->open.clear();
    scheduler_of(*system_).clock().cancel_all();
  };
  // Whoever still writes is told that it cannot, and ends.
  do {
    let_go();
    while (scheduler_of(*system_).try_run_once()) {
    }
    for (const std::size_t queue : {std::size_t{0}, std::size_t{1}})
      step_reader(queue);
  } while (step_writer() != storage::JournalWriter::Step::idle || jobs() > 0 || reader_waits(0) ||
           reader_waits(1));
  journal_.reset();
  do {
    let_go();
  } while (scheduler_of(*system_).try_run_once());
}

std::size_t Server::jobs() const {
  return scheduler_of(*system_).jobs.size();
}

std::string Server::run_job(std::size_t index) {
  const Quiet quiet;
  auto& scheduler = scheduler_of(*system_);
  const auto job = scheduler.jobs.begin() + static_cast<std::ptrdiff_t>(index);
  std::rotate(scheduler.jobs.begin(), job, job + 1);
  std::string what = "a job";
  if (auto* const actor = dynamic_cast<caf::scheduled_actor*>(scheduler.jobs.front())) {
    what = std::string(actor->name()) + "#" + std::to_string(actor->id());
    if (const auto* const mail = actor->mailbox().peek()) {
      const auto& content = mail->content();
      what += " <- " + (content.empty() ? "nothing" : name_of(content.type(0).second));
    }
  }
  scheduler.run_once();
  return what;
}

storage::JournalWriter::Step Server::step_writer() {
  return journal_->writer().step();
}

void Server::pass_time(std::chrono::milliseconds time) {
  clock_.advance(time);
  scheduler_of(*system_).advance_time(time);
}

std::size_t Server::resident_threads() {
  return static_cast<std::size_t>(registry_.gauge("parlance_threads_resident", {}).Value());
}

std::size_t Server::turns_inside() {
  return static_cast<std::size_t>(registry_.gauge("parlance_mailbox_turns", {}).Value());
}

void Server::end_pool() {
  if (const auto pool = llm_pool_->part().actor)
    caf::anon_send_exit(pool, caf::exit_reason::unhandled_exception);
}

}  // namespace parlance::simulation
