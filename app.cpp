#include "app.hpp"

#include "actors/actor_conversations.hpp"
#include "actors/actor_embeddings.hpp"
#include "actors/actor_pools.hpp"
#include "actors/front_actor.hpp"
#include "actors/llm_pool.hpp"
#include "actors/money.hpp"
#include "actors/recovery.hpp"
#include "actors/retriever_pool.hpp"
#include "actors/scheduling.hpp"
#include "actors/service_keeper.hpp"
#include "actors/supervisor.hpp"
#include "actors/thread_directory.hpp"
#include "actors/webhook_sender.hpp"
#include "app/agents.hpp"
#include "app/health.hpp"
#include "app/part_options.hpp"
#include "app/planted_race.hpp"
#include "app/process.hpp"
#include "app/providers.hpp"
#include "app/stores.hpp"
#include "app/webhook_client.hpp"
#include "net/http_server.hpp"
#include "net/routes/backend.hpp"
#include "net/routes/langgraph_webhook.hpp"
#include "net/routes/routes.hpp"
#include "runtime/base/failpoint.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/thread_name.hpp"
#include "runtime/llm/kept_answers.hpp"
#include "runtime/metrics/process_metrics.hpp"

#include "settings/settings_metrics.hpp"
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/coordinator.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <future>
#include <iostream>
#include <thread>
#include <utility>

#ifndef PARLANCE_VERSION
#define PARLANCE_VERSION "0.0.0+unknown"
#endif

namespace parlance {
namespace {

using actors::ActorConversations;
using actors::PartSlot;

// Until then the server is not called ready; after it, it is, without taking runs with a webhook.
constexpr std::chrono::milliseconds count_webhooks_wait_max{1'000};

struct ActorSystemConfig : caf::actor_system_config {
  ActorSystemConfig() {
    // CAF's default policy polls: idle, it takes 25 times the CPU of one that waits.
    load<caf::scheduler::coordinator<actors::SharedWork>>();
    set("scheduler.max-threads", std::size_t{std::max(2U, std::thread::hardware_concurrency())});
    set("scheduler.max-throughput", actors::messages_at_once_max);
  }
};

}  // namespace

const char* version() {
  return PARLANCE_VERSION;
}

struct App::Parts {
  explicit Parts(Settings read) : settings(std::move(read)) {}
  ~Parts() { stop(); }

  const Settings settings;
  Agents agents;
  Clock clock;
  Registry registry;
  TurnMetrics turn_metrics{registry};
  HttpMetrics http_metrics{registry};
  JournalMetrics journal_metrics{registry};
  SupervisionMetrics supervision_metrics{registry};
  WebhookMetrics webhook_metrics{registry};
  ProcessMetrics process_metrics{registry};

  boost::asio::io_context io;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> io_works{
      io.get_executor()};
  boost::asio::signal_set signals{io, SIGTERM, SIGINT};

  net::CredentialReader credentials{1};
  std::unique_ptr<net::KeyStore> keys;
  std::unique_ptr<storage::RocksJournal> journal;
  std::unique_ptr<storage::FtsIndex> knowledge;
  Providers providers;
  std::unique_ptr<KeptAnswers> kept_answers;
  net::WebhookRules webhook_rules;
  std::unique_ptr<net::HttpWebhookClient> webhook_client;
  std::unique_ptr<actors::Webhooks> webhooks;
  std::unique_ptr<actors::Money> money;

  ActorSystemConfig actor_config;
  std::unique_ptr<caf::actor_system> actors;

  std::shared_ptr<PartSlot> llm_pool = std::make_shared<PartSlot>();
  std::shared_ptr<std::atomic<Lane::Time>> lanes_usable_at =
      std::make_shared<std::atomic<Lane::Time>>(Lane::Time::min());
  actors::ActorPools pools{llm_pool};
  std::shared_ptr<PartSlot> retriever_pool = std::make_shared<PartSlot>();
  std::shared_ptr<PartSlot> journal_keeper = std::make_shared<PartSlot>();
  std::shared_ptr<std::vector<std::shared_ptr<PartSlot>>> directories =
      std::make_shared<std::vector<std::shared_ptr<PartSlot>>>();
  caf::actor supervisor;  // held here: an actor that nobody holds dies silently

  std::unique_ptr<AppHealth> health;
  std::unique_ptr<ActorConversations> conversations;
  std::unique_ptr<actors::ActorEmbeddings> embeddings;
  std::unique_ptr<net::Backend> backend;
  std::unique_ptr<net::Router> router;
  std::unique_ptr<net::HttpServer> server;
  caf::actor front_actor;

  std::uint16_t port = 0;
  std::promise<void> drained;
  std::vector<std::thread> io_threads;

  Result<void> open_stores();
  void load_answers();
  Result<void> make_webhooks();
  Result<void> open_book();
  actors::ChildOptions journal_child();
  actors::ChildOptions llm_pool_child();
  actors::ChildOptions retriever_pool_child();
  actors::ChildOptions webhook_sender_child();
  void add_directories(std::vector<actors::ChildOptions>& children);
  void start_actors();
  Result<void> listen();
  void start_io();
  void drain();
  void give_up(const std::string& reason);
  void stop();
};

Result<void> App::Parts::open_stores() {
  auto opened = open_journal(settings, {journal_metrics, clock, end_process});
  if (!opened) return opened.error();
  journal = std::move(*opened);
  auto built = build_knowledge(settings, agents);
  if (!built) return built.error();
  knowledge = std::move(*built);
  return {};
}

// They only save money: a server that cannot read them starts without.
void App::Parts::load_answers() {
  kept_answers = std::make_unique<KeptAnswers>(settings.answers.kept_bytes_max, journal.get());
  const auto loaded = journal->answers(
      [this](KeptAnswer answer) { kept_answers->load(std::move(answer), clock.unix_ms()); });
  if (!loaded) log_warn("kept_answers_unread", {{"reason", loaded.error().detail}});
}

Result<void> App::Parts::make_webhooks() {
  const WebhookSettings& set = settings.webhooks;
  auto rules = make_webhook_rules(set);
  if (!rules) return rules.error();
  webhook_rules = std::move(*rules);
  auto client = make_webhook_client(set, io, webhook_rules, clock);
  if (!client) return client.error();
  webhook_client = std::move(*client);
  webhooks = std::make_unique<actors::Webhooks>(actors::Webhooks{
      [this](const EndedRun& ended) {
        return net::webhook_body(ended, agents, settings.webhooks.body_max);
      },
      TenantGate(static_cast<std::uint32_t>(set.deliveries_waiting_max),
                 static_cast<std::uint32_t>(set.deliveries_waiting_per_tenant_max))});
  webhooks->waiting.count_anew();  // by the sender
  return {};
}

// What has been spent before is known before anything is spent.
Result<void> App::Parts::open_book() {
  money =
      std::make_unique<actors::Money>(PriceTable(settings.prices.version, settings.prices.models),
                                      settings.budgets,
                                      role_options(settings),
                                      registry);
  money->rates = std::make_shared<RateLimits>(net::rate_options(settings.limits));
  return journal->accounts([this](const AccountKey& owner, const Account& account) {
    money->book.load(owner, account);
  });
}

actors::ChildOptions App::Parts::journal_child() {
  return {
      "journal",
      {},
      [this](caf::actor_system& system) { return system.spawn<actors::ServiceKeeper>(*journal); },
      journal_keeper};
}

actors::ChildOptions App::Parts::llm_pool_child() {
  return {
      "llm_pool",
      {},
      [this](caf::actor_system& system) {
        return system.spawn<actors::LlmPool>(
            role_options(settings),
            actors::LlmPoolTools{providers,
                                 registry,
                                 clock,
                                 kept_answers.get(),
                                 lanes_usable_at,
                                 [this](const std::string& key) { return keys->class_of(key); }});
      },
      llm_pool};
}

actors::ChildOptions App::Parts::retriever_pool_child() {
  return {"retriever_pool",
          {},
          [this](caf::actor_system& system) {
            return system.spawn<actors::RetrieverPool>(
                retriever_options(settings.retriever),
                actors::RetrieverPoolTools{*knowledge, registry, clock});
          },
          retriever_pool};
}

actors::ChildOptions App::Parts::webhook_sender_child() {
  return {"webhook_sender",
          {},
          [this](caf::actor_system& system) {
            return system.spawn<actors::WebhookSender>(
                webhook_options(settings.webhooks),
                actors::WebhookSenderTools{*journal,
                                           *webhook_client,
                                           webhook_metrics,
                                           clock,
                                           webhooks->waiting,
                                           webhooks->sender});
          },
          webhooks->sender};
}

// A directory that has failed cannot be started again: it has lost count of its threads.
void App::Parts::add_directories(std::vector<actors::ChildOptions>& children) {
  const actors::ThreadTools tools{
      agents, *journal, turn_metrics, clock, llm_pool, retriever_pool, *webhooks, *money};
  const std::size_t count = directory_count(settings.threads.resident_max);
  RestartOptions never;
  never.restarts_max = 0;
  for (std::size_t i = 0; i < count; ++i) {
    auto slot = std::make_shared<PartSlot>();
    directories->push_back(slot);
    children.push_back({"thread_directory_" + std::to_string(i),
                        never,
                        [this, tools, count](caf::actor_system& system) {
                          return system.spawn<actors::ThreadDirectory>(
                              directory_options(settings, count), tools);
                        },
                        std::move(slot)});
  }
}

void App::Parts::start_actors() {
  std::vector<actors::ChildOptions> children{
      journal_child(), llm_pool_child(), retriever_pool_child(), webhook_sender_child()};
  add_directories(children);
  AppHealth::Parts watched;
  for (const auto& child : children)
    watched[child.name] = child.slot;
  health = std::make_unique<AppHealth>(*journal, std::move(watched), *lanes_usable_at, clock);
  supervisor = actors->spawn<actors::Supervisor>(
      std::move(children),
      actors::SupervisorTools{clock,
                              supervision_metrics,
                              [this](const std::string& reason) { give_up(reason); },
                              directories});
  if (failpoint_fires("test.planted_race")) plant_race(*actors);
  while (!health->parts_up())
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  conversations = std::make_unique<ActorConversations>(*directories);
  embeddings = std::make_unique<actors::ActorEmbeddings>(
      *this->actors,
      actors::EmbeddingTools{*journal,
                             clock,
                             llm_pool,
                             *money,
                             *webhooks,
                             static_cast<std::uint64_t>(clock.unix_ms())},
      TenantGate(static_cast<std::uint32_t>(settings.embeddings.answers_at_once_max),
                 static_cast<std::uint32_t>(settings.embeddings.answers_at_once_per_tenant_max)));
}

Result<void> App::Parts::listen() {
  backend = std::make_unique<net::Backend>(net::Backend{*conversations,
                                                        *journal,
                                                        agents,
                                                        *keys,
                                                        *health,
                                                        registry,
                                                        *kept_answers,
                                                        clock,
                                                        webhook_rules,
                                                        pools,
                                                        *embeddings,
                                                        embedding_rules(settings.embeddings),
                                                        settings.threads.start_delay_max,
                                                        version()});
  router = std::make_unique<net::Router>(net::make_routes(*backend));
  auto options = http_options(settings.http, settings.limits);
  options.version = version();
  options.takes_no_key = keys->takes_no_key();
  options.rates = money->rates;
  server = std::make_unique<net::HttpServer>(io, std::move(options), *router, http_metrics);
  auto listening = server->listen();
  if (!listening) return listening.error();
  port = *listening;
  front_actor = actors->spawn<actors::FrontActor>(
      *server, *directories, clock, [this] { drained.set_value(); });
  return {};
}

void App::Parts::start_io() {
  signals.async_wait([this](const boost::system::error_code& failed, int) {
    if (!failed) drain();
  });
  for (std::uint64_t i = 0; i < settings.http.threads; ++i) {
    io_threads.emplace_back([this] {
      name_this_thread("http-io");
      io.run();
    });
  }
}

void App::Parts::drain() {
  health->drain();
  const actors::Drain drain_now{Deadline::at(clock.now() + settings.http.drain_time)};
  if (const auto sender = webhooks->sender->part().actor) caf::anon_send(sender, drain_now);
  caf::anon_send(front_actor, drain_now);
}

// Readiness fails at once; the process ends soon after.
void App::Parts::give_up(const std::string& reason) {
  health->fail();
  end_process_soon(reason);
}

// Actors first, then the threads that they call on.
void App::Parts::stop() {
  if (actors) {
    caf::anon_send_exit(front_actor, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(supervisor, caf::exit_reason::user_shutdown);
    front_actor = nullptr;
    supervisor = nullptr;
    actors->await_all_actors_done();
  }
  io_works.reset();
  io.stop();
  for (auto& thread : io_threads)
    thread.join();
  io_threads.clear();
}

App::App(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
App::~App() = default;

Result<std::unique_ptr<App>> App::make(Settings settings, Mode mode) {
  start_log(settings.log);
  raise_descriptor_limit();
  auto keys = open_keys(settings, mode);
  if (!keys) return keys.error();
  auto agents = load_agents(settings);
  if (!agents) return agents.error();

  auto parts = std::make_unique<Parts>(std::move(settings));
  show_settings(parts->registry, parts->settings);
  parts->agents = std::move(*agents);
  parts->keys = std::make_unique<net::KeyStore>(std::move(*keys));
  if (auto opened = parts->open_stores(); !opened) return opened.error();
  parts->load_answers();
  parts->actors = std::make_unique<caf::actor_system>(parts->actor_config);
  auto providers = make_providers(parts->settings.providers,
                                  {*parts->actors, parts->io, parts->credentials, parts->clock});
  if (!providers) return providers.error();
  parts->providers = std::move(*providers);
  if (auto made = parts->make_webhooks(); !made) return made.error();
  if (auto opened = parts->open_book(); !opened) return opened.error();
  parts->start_actors();
  if (auto listening = parts->listen(); !listening) return listening.error();
  return std::unique_ptr<App>(new App(std::move(parts)));
}

int App::run() {
  parts_->start_io();
  parts_->actors->spawn<actors::Recovery>(*parts_->journal, *parts_->conversations);
  parts_->webhooks->waiting.wait_until_counted(count_webhooks_wait_max);
  log_info("server_ready",
           {{"port", parts_->port}, {"agents", parts_->agents.size()}, {"version", version()}});
  std::cout << "parlance: ready on http://" << parts_->settings.http.address << ':' << parts_->port
            << std::endl;
  parts_->drained.get_future().wait();
  parts_->stop();
  return 0;
}

}  // namespace parlance
