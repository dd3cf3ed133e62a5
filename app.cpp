#include "app.hpp"

#include "actors/actor_conversations.hpp"
#include "actors/actor_embeddings.hpp"
#include "actors/actor_pools.hpp"
#include "actors/front_actor.hpp"
#include "actors/llm_pool.hpp"
#include "actors/money.hpp"
#include "actors/offline_provider.hpp"
#include "actors/recovery.hpp"
#include "actors/retriever_pool.hpp"
#include "actors/scheduling.hpp"
#include "actors/service_keeper.hpp"
#include "actors/supervisor.hpp"
#include "actors/thread_directory.hpp"
#include "actors/webhook_sender.hpp"
#include "net/auth/key_store.hpp"
#include "net/http_server.hpp"
#include "net/providers/http_provider.hpp"
#include "net/routes/backend.hpp"
#include "net/routes/langgraph_webhook.hpp"
#include "net/routes/routes.hpp"
#include "net/webhooks/webhook_client.hpp"
#include "runtime/base/failpoint.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/thread_name.hpp"
#include "runtime/graph/nodes/all.hpp"
#include "runtime/llm/kept_answers.hpp"
#include "runtime/metrics/process_metrics.hpp"
#include "runtime/ports/health.hpp"
#include "storage/documents.hpp"
#include "storage/fts_index.hpp"
#include "storage/rocks_journal.hpp"

#include "settings/settings_metrics.hpp"
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scheduler/coordinator.hpp>
#include <caf/send.hpp>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
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

constexpr int exit_code_ended_itself = 70;  // EX_SOFTWARE of sysexits.h
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

// Ready: nothing has been given up, nothing drains, every part is up, the journal can be written
// and every role has a lane that takes calls.
class AppHealth : public Health {
 public:
  AppHealth(const Journal& journal,
            std::vector<std::pair<std::string, std::shared_ptr<PartSlot>>> parts,
            const std::atomic<Lane::Time>& lanes_usable_at,
            const Clock& clock)
      : journal_(journal),
        parts_(std::move(parts)),
        lanes_usable_at_(lanes_usable_at),
        clock_(clock) {}

  void drain() { draining_ = true; }
  void fail() { failed_ = true; }

  bool ready() const override {
    return !draining_ && !failed_ && journal_.writable() && parts_up() && lanes_usable();
  }

  bool parts_up() const {
    return std::all_of(
        parts_.begin(), parts_.end(), [](const auto& part) { return part.second->part().actor; });
  }

  Json details() const override {
    Json parts = Json::object();
    for (const auto& [name, slot] : parts_)
      parts[name] = slot->part().actor ? "up" : "down";
    parts["journal"] = journal_.writable() ? "up" : "down";
    parts["lanes"] = lanes_usable() ? "up" : "down";
    return {{"parts", parts}, {"draining", draining_.load()}, {"failed", failed_.load()}};
  }

 private:
  bool lanes_usable() const { return clock_.now() >= lanes_usable_at_.load(); }

  const Journal& journal_;
  const std::vector<std::pair<std::string, std::shared_ptr<PartSlot>>> parts_;
  const std::atomic<Lane::Time>& lanes_usable_at_;
  const Clock& clock_;
  std::atomic<bool> draining_{false};
  std::atomic<bool> failed_{false};
};

#ifdef PARLANCE_FAILPOINTS
// Two actors that write one number: what ThreadSanitizer has to find, so that its silence means
// something.
class RacingActor : public caf::event_based_actor {
 public:
  RacingActor(caf::actor_config& config, int& number)
      : caf::event_based_actor(config),
        number_(number) {}

 protected:
  caf::behavior make_behavior() override {
    delayed_send(this, std::chrono::milliseconds(1), actors::Tick{});
    return {[this](actors::Tick) {
      ++number_;
      delayed_send(this, std::chrono::milliseconds(1), actors::Tick{});
    }};
  }

 private:
  int& number_;
};

void plant_race(caf::actor_system& system) {
  static int number = 0;
  for (int i = 0; i < 2; ++i)
    system.spawn<RacingActor, caf::hidden>(number);
}
#endif

// As many descriptors as the system allows: each connection is one.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// The store cannot be written: what is on disk is known only to the next start.
[[noreturn]] void end_process(const std::string& reason) {
  log_error("server_ends", {{"reason", reason}});
  std::_Exit(exit_code_ended_itself);
}

bool is_loopback(const std::string& address) {
  return address == "localhost" || address == "::1" || address.starts_with("127.");
}

storage::JournalOptions journal_options(const Settings& settings) {
  using std::chrono::milliseconds;
  storage::JournalOptions options;
  options.path = settings.storage.path / "journal";
  const milliseconds ttl = settings.storage.thread_ttl;
  if (ttl.count() > 0)
    options.sweep_period =
        std::clamp<milliseconds>(ttl, milliseconds(5'000), milliseconds(600'000));
  options.ledger_ttl = settings.storage.ledger_ttl;
  options.is_idle = [budgets = settings.budgets](
                        const AccountKey& owner, const Account& account, std::int64_t now_ms) {
    return is_idle(budgets, owner, account, now_ms);
  };
  options.memtable_bytes = settings.storage.memtable_max;
  options.block_cache_bytes = settings.storage.block_cache_max;
  options.on_write_failure = end_process;
  return options;
}

net::HttpServerOptions http_options(const HttpSettings& http, const net::DoorOptions& limits) {
  net::HttpServerOptions options;
  options.address = http.address;
  options.port = static_cast<std::uint16_t>(http.port);
  options.version = version();
  options.connections_max = static_cast<std::uint32_t>(http.connections_max);
  options.header_bytes_max = static_cast<std::uint32_t>(http.headers_max);
  options.body_bytes_max = http.body_max;
  options.json_depth_max = static_cast<std::uint32_t>(http.json_depth_max);
  options.header_time_max = http.header_time_max;
  options.body_time_max = http.body_time_max;
  options.idle_time_max = http.idle_time_max;
  options.write_time_max = http.write_time_max;
  options.heartbeat_time = http.heartbeat;
  options.stream_buffer_bytes_max = http.stream_buffer_max;
  options.cors_origins = http.cors_origins;
  options.door = limits;
  return options;
}

actors::LaneOptions lane_options(const LaneSettings& lane) {
  actors::LaneOptions options;
  options.provider = lane.provider;
  options.model = lane.model;
  options.calls_at_once_min = static_cast<std::uint32_t>(lane.calls_at_once_min);
  options.calls_at_once_max = static_cast<std::uint32_t>(lane.calls_at_once_max);
  options.adapts = lane.adapts;
  options.calls_waiting_max = static_cast<std::uint32_t>(lane.calls_waiting_max);
  options.tokens_at_once_max = lane.tokens_at_once_max;
  options.requests_per_minute_max = lane.requests_per_minute_max;
  options.tokens_per_minute_max = lane.tokens_per_minute_max;
  return options;
}

actors::RoleOptions role_options(const Settings& settings) {
  actors::RoleOptions roles;
  for (const auto& [role, lanes] : settings.models) {
    for (const auto& lane : lanes)
      roles[role].push_back(lane_options(lane));
  }
  return roles;
}

net::EmbeddingRules embedding_rules(const EmbeddingSettings& embeddings) {
  return {embeddings.roles, static_cast<std::size_t>(embeddings.inputs_max), embeddings.time_max};
}

actors::WebhookSenderOptions webhook_options(const WebhookSettings& webhooks) {
  actors::WebhookSenderOptions options;
  options.at_once_max = static_cast<std::uint32_t>(webhooks.deliveries_at_once_max);
  options.per_receiver_max = static_cast<std::uint32_t>(webhooks.deliveries_per_receiver_max);
  options.retry_wait_min = webhooks.retry_wait_min;
  options.retry_wait_max = webhooks.retry_wait_max;
  options.retry_time_max = webhooks.retry_time_max;
  return options;
}

// Small servers have one directory, large ones several, so that finding a thread is no bottleneck.
std::size_t directory_count(std::uint64_t resident_max) {
  constexpr std::uint64_t threads_per_directory_min = 250;
  return static_cast<std::size_t>(
      std::clamp<std::uint64_t>(resident_max / threads_per_directory_min, 1, 4));
}

actors::DirectoryOptions directory_options(const Settings& settings, std::size_t directories) {
  actors::DirectoryOptions options;
  options.resident_max = static_cast<std::uint32_t>(settings.threads.resident_max / directories);
  options.idle_time_max = settings.threads.idle_time_max;
  options.thread.turns_waiting_max = static_cast<std::uint32_t>(settings.threads.turns_waiting_max);
  options.thread.attempts_max = static_cast<std::uint32_t>(settings.threads.attempts_max);
  options.thread.thread_ttl = settings.storage.thread_ttl;
  options.thread.idempotency_ttl = settings.storage.idempotency_ttl;
  return options;
}

Result<net::KeyStore> key_store(const Settings& settings, Mode mode) {
  if (mode == Mode::development) {
    if (is_loopback(settings.http.address)) return net::KeyStore::dev();
    return Error{ErrorCode::invalid_value,
                 "--dev serves on loopback only; http.address is " + settings.http.address,
                 {},
                 {}};
  }
  if (settings.auth.keys_file.empty()) {
    return Error{ErrorCode::invalid_value,
                 "auth.keys_file is not set: make a key with `parlance keys create`, or use `serve "
                 "--dev` on loopback",
                 {},
                 {}};
  }
  return net::KeyStore::load(settings.auth.keys_file);
}

// `kind` is one of the settings' but "offline".
const net::WireFormat& wire_of(const std::string& kind) {
  if (kind == "anthropic") return net::anthropic_wire();
  if (kind == "gemini") return net::gemini_wire();
  return net::openai_wire();
}

// Each model role that the agent asks for has a lane.
Result<void> check_roles(const Agent& agent,
                         const std::filesystem::path& folder,
                         const Settings& settings) {
  for (const auto& [node, role] : agent.roles()) {
    const auto lanes = settings.models.find(role);
    if (lanes != settings.models.end() && !lanes->second.empty()) continue;
    return Error{ErrorCode::invalid_value,
                 (folder / "agent.json").string() + ": nodes." + node + ".role: models has no \"" +
                     role + "\"",
                 {},
                 {}};
  }
  return {};
}

}  // namespace

const char* version() {
  return PARLANCE_VERSION;
}

Result<Agents> load_agents(const Settings& settings) {
  Agents agents;
  const NodeKinds kinds = node_kinds();
  for (const auto& [name, folder] : settings.agents) {
    auto agent = Agent::load(name, folder, kinds);
    if (!agent) return agent.error();
    if (auto served = check_roles(**agent, folder, settings); !served) return served.error();
    agents[name] = std::move(*agent);
  }
  return agents;
}

struct App::Parts {
  Settings settings;
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
  std::map<std::string, std::unique_ptr<ChatProvider>> providers;
  KeptAnswers kept_answers{settings.answers.kept_bytes_max};
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
  Result<void> make_providers();
  Result<void> make_webhooks();
  Result<void> open_book();
  void start_actors();
  Result<void> listen();
  void start_io();
  void drain();
  void give_up(const std::string& reason);
  void stop();
  ~Parts() { stop(); }
};

Result<void> App::Parts::open_stores() {
  std::error_code failed;
  std::filesystem::create_directories(settings.storage.path, failed);
  if (failed) {
    return Error{ErrorCode::storage_failed,
                 settings.storage.path.string() + ": " + failed.message(),
                 {},
                 {}};
  }
  auto opened =
      storage::RocksJournal::open_store(journal_options(settings), journal_metrics, clock);
  if (!opened) return opened.error();
  journal = std::move(*opened);

  storage::Knowledge documents;
  for (const auto& [name, agent] : agents) {
    auto passages = storage::read_documents(agent->knowledge());
    if (!passages) return passages.error();
    documents[name] = std::move(*passages);
  }
  storage::FtsOptions fts;
  fts.searches_at_once_max = settings.retriever.searches_at_once_max;
  auto index = storage::FtsIndex::build(settings.storage.path / "knowledge.sqlite", documents, fts);
  if (!index) return index.error();
  knowledge = std::move(*index);
  return {};
}

Result<void> App::Parts::make_providers() {
  for (const auto& [name, provider] : settings.providers) {
    if (provider.kind == "offline") {
      providers[name] = std::make_unique<actors::OfflineProvider>(
          *actors, actors::OfflineOptions{provider.piece_delay});
      continue;
    }
    net::HttpProviderOptions options;
    options.base_url = provider.base_url;
    if (provider.api_key) {
      const std::string setting = "providers." + name + ".api_key";
      auto key = net::open_credential(setting, *provider.api_key, credentials, clock);
      if (!key) return Error{ErrorCode::invalid_value, setting + ": " + key.error().detail, {}, {}};
      options.api_key = std::move(*key);
    }
    options.ca_file = provider.ca_file.string();
    options.connect_time_max = provider.connect_time_max;
    options.first_token_time_max = provider.first_token_time_max;
    options.gap_time_max = provider.gap_time_max;
    options.total_time_max = provider.total_time_max;
    try {
      providers[name] =
          std::make_unique<net::HttpProvider>(io, wire_of(provider.kind), std::move(options));
    } catch (const std::runtime_error& problem) {
      return Error{ErrorCode::invalid_value, "providers." + name + ": " + problem.what(), {}, {}};
    }
  }
  return {};
}

// Without secrets and hosts there are none to take; those on disk wait.
Result<void> App::Parts::make_webhooks() {
  const WebhookSettings& set = settings.webhooks;
  if (!set.secrets.empty()) {
    auto rules = net::WebhookRules::make(set.hosts_allowed);
    if (!rules) return rules.error();
    webhook_rules = std::move(*rules);
  }
  net::WebhookClientOptions options;
  for (const auto& text : set.secrets) {
    auto secret = net::WebhookSecret::parse(text);
    if (!secret) return secret.error();
    options.secrets.push_back(std::move(*secret));
  }
  options.ca_file = set.ca_file.string();
  options.attempt_time_max = set.attempt_time_max;
  try {
    webhook_client =
        std::make_unique<net::HttpWebhookClient>(io, std::move(options), webhook_rules, clock);
  } catch (const std::runtime_error& problem) {
    return Error{ErrorCode::invalid_value, std::string("webhooks: ") + problem.what(), {}, {}};
  }
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

void App::Parts::start_actors() {
  const std::size_t count = directory_count(settings.threads.resident_max);
  std::vector<std::pair<std::string, std::shared_ptr<PartSlot>>> named{
      {"llm_pool", llm_pool},
      {"retriever_pool", retriever_pool},
      {"journal", journal_keeper},
      {"webhook_sender", webhooks->sender}};
  const actors::ThreadTools tools{
      agents, *journal, turn_metrics, clock, llm_pool, retriever_pool, *webhooks, *money};
  std::vector<actors::ChildOptions> children;
  children.push_back(
      {"journal",
       {},
       [this](caf::actor_system& system) { return system.spawn<actors::ServiceKeeper>(*journal); },
       journal_keeper});
  children.push_back(
      {"llm_pool",
       {},
       [this](caf::actor_system& system) {
         return system.spawn<actors::LlmPool>(
             role_options(settings),
             actors::LlmPoolTools{providers, registry, clock, &kept_answers, lanes_usable_at});
       },
       llm_pool});
  const actors::RetrieverOptions retriever{
      static_cast<std::uint32_t>(settings.retriever.searches_at_once_max),
      static_cast<std::uint32_t>(settings.retriever.searches_waiting_max),
      settings.retriever.search_time_max};
  children.push_back({"retriever_pool",
                      {},
                      [this, retriever](caf::actor_system& system) {
                        return system.spawn<actors::RetrieverPool>(
                            retriever, actors::RetrieverPoolTools{*knowledge, registry, clock});
                      },
                      retriever_pool});
  children.push_back({"webhook_sender",
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
                      webhooks->sender});
  RestartOptions never;
  never.restarts_max = 0;
  for (std::size_t i = 0; i < count; ++i) {
    auto slot = std::make_shared<PartSlot>();
    directories->push_back(slot);
    const std::string name = "thread_directory_" + std::to_string(i);
    named.emplace_back(name, slot);
    children.push_back({name,
                        never,
                        [this, tools, count](caf::actor_system& system) {
                          return system.spawn<actors::ThreadDirectory>(
                              directory_options(settings, count), tools);
                        },
                        slot});
  }
  health = std::make_unique<AppHealth>(*journal, std::move(named), *lanes_usable_at, clock);
  supervisor = actors->spawn<actors::Supervisor>(
      std::move(children),
      actors::SupervisorTools{clock,
                              supervision_metrics,
                              [this](const std::string& reason) { give_up(reason); },
                              directories});
#ifdef PARLANCE_FAILPOINTS
  if (failpoint_fires("test.planted_race")) plant_race(*actors);
#endif
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
                                                        clock,
                                                        webhook_rules,
                                                        pools,
                                                        *embeddings,
                                                        embedding_rules(settings.embeddings),
                                                        settings.threads.start_delay_max,
                                                        version()});
  router = std::make_unique<net::Router>(net::make_routes(*backend));
  auto options = http_options(settings.http, settings.limits);
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

// Readiness fails at once; the process ends soon after, so that whoever watches it can see why.
void App::Parts::give_up(const std::string& reason) {
  health->fail();
  constexpr std::chrono::milliseconds notice_time{500};
  std::thread([reason, notice_time] {
    std::this_thread::sleep_for(notice_time);
    end_process(reason);
  }).detach();
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
  start_log(settings.log.format == "text" ? LogFormat::text : LogFormat::json,
            settings.log.level == "debug"   ? LogLevel::debug
            : settings.log.level == "warn"  ? LogLevel::warn
            : settings.log.level == "error" ? LogLevel::error
                                            : LogLevel::info);
  raise_descriptor_limit();
  auto keys = key_store(settings, mode);
  if (!keys) return keys.error();
  auto agents = load_agents(settings);
  if (!agents) return agents.error();

  auto parts = std::make_unique<Parts>();
  parts->settings = std::move(settings);
  show_settings(parts->registry, parts->settings);
  parts->agents = std::move(*agents);
  parts->keys = std::make_unique<net::KeyStore>(std::move(*keys));
  if (auto opened = parts->open_stores(); !opened) return opened.error();
  parts->actors = std::make_unique<caf::actor_system>(parts->actor_config);
  if (auto made = parts->make_providers(); !made) return made.error();
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
