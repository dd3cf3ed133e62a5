#include "settings.hpp"

#include "net/cors.hpp"
#include "net/door.hpp"
#include "net/webhooks/webhook_rules.hpp"
#include "net/webhooks/webhook_secret.hpp"
#include "runtime/base/units.hpp"

#include <algorithm>
#include <fstream>
#include <functional>
#include <limits>
#include <set>
#include <sstream>

namespace parlance {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
namespace fs = std::filesystem;

Error wrong(const std::string& path, const std::string& reason) {
  return {ErrorCode::invalid_value, path + ": " + reason, path, {}};
}

// --- reading one value
// ----------------------------------------------------------------------------

Result<std::uint64_t> read_count(const Json& value,
                                 const std::string& path,
                                 std::uint64_t min,
                                 std::uint64_t max) {
  if (!value.is_number_unsigned()) return wrong(path, "must be a whole number");
  const auto number = value.get<std::uint64_t>();
  if (number < min || number > max) {
    return wrong(path, "must be from " + std::to_string(min) + " to " + std::to_string(max));
  }
  return number;
}

Result<milliseconds> read_duration(const Json& value,
                                   const std::string& path,
                                   milliseconds min,
                                   milliseconds max) {
  if (!value.is_string()) return wrong(path, "must be a duration such as \"30s\"");
  const auto duration = parse_duration(value.get<std::string>());
  if (!duration) return wrong(path, duration.error().detail);
  if (*duration < min || *duration > max) {
    return wrong(path, "must be from " + to_text(min) + " to " + to_text(max));
  }
  return *duration;
}

Result<std::uint64_t> read_size(const Json& value,
                                const std::string& path,
                                std::uint64_t min,
                                std::uint64_t max) {
  if (!value.is_string()) return wrong(path, "must be a size such as \"64KiB\"");
  const auto size = parse_size(value.get<std::string>());
  if (!size) return wrong(path, size.error().detail);
  if (*size < min || *size > max)
    return wrong(path, "must be from " + size_to_text(min) + " to " + size_to_text(max));
  return *size;
}

Result<std::string> read_text(const Json& value, const std::string& path) {
  if (value.is_number()) return dump(value);  // from the environment, where quotes are tiresome
  if (!value.is_string()) return wrong(path, "must be text");
  return value.get<std::string>();
}

Result<std::string> read_origin(const Json& value, const std::string& path, const fs::path&) {
  auto origin = read_text(value, path);
  if (origin && !net::Cors::is_origin(*origin))
    return wrong(path, "must be an origin such as \"https://app.example.com\", or \"*\"");
  return origin;
}

Result<std::string> read_address(const Json& value, const std::string& path, const fs::path&) {
  auto address = read_text(value, path);
  if (address && !net::Door::is_address(*address))
    return wrong(path, "must be an address such as \"10.0.0.7\"");
  return address;
}

// Where a secret is; not whether it can be read.
Result<net::CredentialSource> read_credential_source(const Json& value,
                                                     const std::string& path,
                                                     const fs::path& folder) {
  const Error is_none =
      wrong(path,
            R"(must be {"env": "NAME"}, {"file": "PATH"} or {"command": ["PROGRAM"]}, each with )"
            R"(a "ttl" if need be; a key never stands in the configuration)");
  if (!value.is_object() || value.size() != (value.contains("ttl") ? 2U : 1U)) return is_none;
  net::CredentialSource source;
  if (const auto name = value.find("env"); name != value.end() && name->is_string()) {
    source.environment = name->get<std::string>();
  } else if (const auto file = value.find("file"); file != value.end() && file->is_string()) {
    source.file = folder / file->get<std::string>();
  } else if (const auto command = value.find("command");
             command != value.end() && command->is_array() && !command->empty()) {
    for (const auto& word : *command) {
      if (!word.is_string()) return wrong(path + ".command", "must be a list of texts");
      source.command.push_back(word.get<std::string>());
    }
  } else {
    return is_none;
  }
  if (const auto ttl = value.find("ttl"); ttl != value.end()) {
    const auto time = read_duration(
        *ttl, path + ".ttl", net::renewals_apart_min, milliseconds(std::chrono::hours(24)));
    if (!time) return time.error();
    source.ttl = *time;
  }
  return source;
}

Result<std::string> read_secret(const Json& value,
                                const std::string& path,
                                const fs::path& folder) {
  const auto source = read_credential_source(value, path, folder);
  if (!source) return source.error();
  auto secret = net::read_credential(*source);
  if (!secret) return wrong(path, secret.error().detail);
  return secret;
}

Result<std::string> read_webhook_secret(const Json& value,
                                        const std::string& path,
                                        const fs::path& folder) {
  auto secret = read_secret(value, path, folder);
  if (!secret) return secret;
  const auto fine = net::WebhookSecret::parse(*secret);
  if (!fine) return wrong(path, fine.error().detail);
  return secret;
}

Result<std::string> read_webhook_host(const Json& value, const std::string& path, const fs::path&) {
  auto host = read_text(value, path);
  if (!host) return host;
  const auto fine = net::WebhookRules::make({*host});
  if (!fine) return wrong(path, fine.error().detail);
  return host;
}

// --- the table
// ------------------------------------------------------------------------------------

struct Setting {
  std::string name;
  std::string type;
  std::string initial;
  std::string range;
  std::string sentence;
  std::function<Result<void>(Settings&, const Json&, const fs::path& folder)> read;
};

template <class Section>
Setting count(std::string name,
              Section Settings::*section,
              std::uint64_t Section::*member,
              std::uint64_t min,
              std::uint64_t max,
              std::string sentence) {
  return {name,
          "count",
          std::to_string(Settings{}.*section.*member),
          std::to_string(min) + ".." + std::to_string(max),
          std::move(sentence),
          [=](Settings& settings, const Json& value, const fs::path&) -> Result<void> {
            const auto number = read_count(value, name, min, max);
            if (!number) return number.error();
            settings.*section.*member = *number;
            return {};
          }};
}

template <class Section>
Setting size(std::string name,
             Section Settings::*section,
             std::uint64_t Section::*member,
             std::uint64_t min,
             std::uint64_t max,
             std::string sentence) {
  return {name,
          "size",
          size_to_text(Settings{}.*section.*member),
          size_to_text(min) + ".." + size_to_text(max),
          std::move(sentence),
          [=](Settings& settings, const Json& value, const fs::path&) -> Result<void> {
            const auto bytes = read_size(value, name, min, max);
            if (!bytes) return bytes.error();
            settings.*section.*member = *bytes;
            return {};
          }};
}

template <class Section>
Setting duration(std::string name,
                 Section Settings::*section,
                 milliseconds Section::*member,
                 milliseconds min,
                 milliseconds max,
                 std::string sentence) {
  return {name,
          "duration",
          to_text(Settings{}.*section.*member),
          to_text(min) + ".." + to_text(max),
          std::move(sentence),
          [=](Settings& settings, const Json& value, const fs::path&) -> Result<void> {
            const auto time = read_duration(value, name, min, max);
            if (!time) return time.error();
            settings.*section.*member = *time;
            return {};
          }};
}

template <class Section>
Setting text(std::string name,
             Section Settings::*section,
             std::string Section::*member,
             std::vector<std::string> choices,
             std::string sentence) {
  std::string range;
  for (const auto& choice : choices)
    range += (range.empty() ? "" : "|") + choice;
  return {
      name,
      "text",
      Settings{}.*section.*member,
      range,
      std::move(sentence),
      [=](Settings& settings, const Json& value, const fs::path&) -> Result<void> {
        auto word = read_text(value, name);
        if (!word) return word.error();
        if (!choices.empty() && std::find(choices.begin(), choices.end(), *word) == choices.end()) {
          return wrong(name, "must be one of " + range);
        }
        settings.*section.*member = std::move(*word);
        return {};
      }};
}

template <class Section>
Setting path(std::string name,
             Section Settings::*section,
             fs::path Section::*member,
             std::string sentence) {
  return {name,
          "path",
          (Settings{}.*section.*member).string(),
          "",
          std::move(sentence),
          [=](Settings& settings, const Json& value, const fs::path& folder) -> Result<void> {
            auto word = read_text(value, name);
            if (!word) return word.error();
            settings.*section.*member = folder / *word;
            return {};
          }};
}

using ReadElement = Result<std::string> (*)(const Json& value,
                                            const std::string& path,
                                            const fs::path& folder);

template <class Section>
Setting list(std::string name,
             Section Settings::*section,
             std::vector<std::string> Section::*member,
             std::string elements,
             ReadElement read,
             std::string sentence) {
  return {name,
          "list",
          "[]",
          std::move(elements),
          std::move(sentence),
          [=](Settings& settings, const Json& value, const fs::path& folder) -> Result<void> {
            if (!value.is_array()) return wrong(name, "must be a list");
            std::vector<std::string> found;
            for (std::size_t i = 0; i < value.size(); ++i) {
              auto element = read(value[i], name + '[' + std::to_string(i) + ']', folder);
              if (!element) return element.error();
              found.push_back(std::move(*element));
            }
            settings.*section.*member = std::move(found);
            return {};
          }};
}

const std::vector<Setting>& table() {
  using S = Settings;
  using std::chrono::hours;
  constexpr std::uint64_t mib = 1024 * 1024;
  constexpr std::uint64_t limit_max = 1'000'000'000;
  static const std::vector<Setting> settings{
      text("http.address", &S::http, &HttpSettings::address, {}, "Address to listen on."),
      count("http.port",
            &S::http,
            &HttpSettings::port,
            0,
            65'535,
            "Port to listen on; 0 picks a free one."),
      size("http.body_max",
           &S::http,
           &HttpSettings::body_max,
           1024,
           64 * mib,
           "Largest request body; more is a 413."),
      size("http.headers_max",
           &S::http,
           &HttpSettings::headers_max,
           1024,
           mib,
           "Largest request head; more is a 431."),
      count("http.json_depth_max",
            &S::http,
            &HttpSettings::json_depth_max,
            4,
            256,
            "Deepest nesting of a JSON body."),
      count("http.connections_max",
            &S::http,
            &HttpSettings::connections_max,
            1,
            1'000'000,
            "Open connections; more are answered 503."),
      size("http.stream_buffer_max",
           &S::http,
           &HttpSettings::stream_buffer_max,
           4096,
           64 * mib,
           "What a slow reader of a stream may be behind; then it is cut and can resume."),
      duration("http.header_time_max",
               &S::http,
               &HttpSettings::header_time_max,
               milliseconds(100),
               milliseconds(300'000),
               "Time for a request's head to arrive."),
      duration("http.body_time_max",
               &S::http,
               &HttpSettings::body_time_max,
               milliseconds(100),
               milliseconds(3'600'000),
               "Time for a request's body to arrive after its head."),
      duration("http.idle_time_max",
               &S::http,
               &HttpSettings::idle_time_max,
               milliseconds(100),
               milliseconds(3'600'000),
               "How long an idle connection is kept."),
      duration("http.write_time_max",
               &S::http,
               &HttpSettings::write_time_max,
               milliseconds(100),
               milliseconds(3'600'000),
               "How long a reader may take nothing."),
      duration("http.heartbeat",
               &S::http,
               &HttpSettings::heartbeat,
               milliseconds(50),
               milliseconds(60'000),
               "Time without an event after which a stream sends a comment line."),
      duration("http.drain_time",
               &S::http,
               &HttpSettings::drain_time,
               milliseconds(100),
               milliseconds(600'000),
               "Time from SIGTERM to the end of the process."),
      count("http.threads",
            &S::http,
            &HttpSettings::threads,
            1,
            64,
            "Threads that serve connections."),
      list("http.cors_origins",
           &S::http,
           &HttpSettings::cors_origins,
           "origins, or *",
           read_origin,
           "Origins whose pages may call the server."),
      path("storage.path",
           &S::storage,
           &StorageSettings::path,
           "Folder of the journal and the knowledge index."),
      duration("storage.thread_ttl",
               &S::storage,
               &StorageSettings::thread_ttl,
               milliseconds(0),
               hours(24 * 3650),
               "How long a thread is kept after its last turn; 0ms keeps it until it is deleted."),
      duration("storage.idempotency_ttl",
               &S::storage,
               &StorageSettings::idempotency_ttl,
               minutes(1),
               hours(24 * 30),
               "How long a stateless turn with an Idempotency-Key is kept after its end."),
      duration("storage.ledger_ttl",
               &S::storage,
               &StorageSettings::ledger_ttl,
               minutes(1),
               hours(24 * 3650),
               "How long a call to a model stands in the ledger."),
      size("storage.memtable_max",
           &S::storage,
           &StorageSettings::memtable_max,
           mib,
           1024 * mib,
           "Memory for writes that are not in a table file yet."),
      size("storage.block_cache_max",
           &S::storage,
           &StorageSettings::block_cache_max,
           mib,
           64 * 1024 * mib,
           "Memory for what has been read."),
      path("auth.keys_file",
           &S::auth,
           &AuthSettings::keys_file,
           "Hashed API keys; without it only `serve --dev` starts."),
      duration("limits.window",
               &S::limits,
               &LimitSettings::window,
               milliseconds(1'000),
               milliseconds(86'400'000),
               "How far back requests and wrong keys are counted."),
      count("limits.requests_per_address_max",
            &S::limits,
            &LimitSettings::requests_per_address_max,
            0,
            limit_max,
            "Requests of one address in a window, more are answered 429; 0: no limit."),
      count("limits.requests_per_key_max",
            &S::limits,
            &LimitSettings::requests_per_key_max,
            0,
            limit_max,
            "Requests with one key in a window, more are answered 429; 0: no limit."),
      count("limits.requests_per_tenant_max",
            &S::limits,
            &LimitSettings::requests_per_tenant_max,
            0,
            limit_max,
            "Requests of one tenant in a window, more are answered 429; 0: no limit."),
      count("limits.wrong_keys_max",
            &S::limits,
            &LimitSettings::wrong_keys_max,
            0,
            limit_max,
            "Wrong keys from one address in a window, more are answered 429; 0: no limit."),
      count("limits.clients_max",
            &S::limits,
            &LimitSettings::clients_max,
            1,
            1'000'000,
            "Addresses, keys and tenants remembered, of each; the least recently seen leave."),
      list("limits.proxies_trusted",
           &S::limits,
           &LimitSettings::proxies_trusted,
           "addresses",
           read_address,
           "Proxies in front, whose X-Forwarded-For names the client."),
      count("threads.turns_waiting_max",
            &S::threads,
            &ThreadSettings::turns_waiting_max,
            0,
            1'000,
            "Turns that wait behind the running one; more are answered 429."),
      count("threads.resident_max",
            &S::threads,
            &ThreadSettings::resident_max,
            1,
            10'000'000,
            "Threads in memory; the rest lives on disk."),
      count("threads.attempts_max",
            &S::threads,
            &ThreadSettings::attempts_max,
            1,
            100,
            "Attempts at a turn that ends its process; then it is quarantined."),
      duration("threads.idle_time_max",
               &S::threads,
               &ThreadSettings::idle_time_max,
               milliseconds(100),
               hours(24),
               "How long an idle thread stays in memory."),
      duration("threads.start_delay_max",
               &S::threads,
               &ThreadSettings::start_delay_max,
               milliseconds(1'000),
               hours(24 * 365),
               "How much later than it is asked for a run may begin (after_seconds)."),
      count("retriever.searches_at_once_max",
            &S::retriever,
            &RetrieverSettings::searches_at_once_max,
            1,
            64,
            "Searches that run at once."),
      count("retriever.searches_waiting_max",
            &S::retriever,
            &RetrieverSettings::searches_waiting_max,
            0,
            100'000,
            "Searches that wait; more are answered 503."),
      duration("retriever.search_time_max",
               &S::retriever,
               &RetrieverSettings::search_time_max,
               milliseconds(10),
               milliseconds(600'000),
               "Time for one search."),
      size("answers.kept_bytes_max",
           &S::answers,
           &AnswerSettings::kept_bytes_max,
           0,
           64 * 1024 * mib,
           "Memory for answers that agents keep; the least recently used leave."),
      list("webhooks.secrets",
           &S::webhooks,
           &WebhookSettings::secrets,
           "whsec_ secrets",
           read_webhook_secret,
           "What webhooks are signed with, each {\"env\": NAME} or {\"file\": PATH}; several while "
           "they rotate."),
      list("webhooks.hosts_allowed",
           &S::webhooks,
           &WebhookSettings::hosts_allowed,
           "hosts, host:port, http://host:port, or *",
           read_webhook_host,
           "Where webhooks may go."),
      path("webhooks.ca_file",
           &S::webhooks,
           &WebhookSettings::ca_file,
           "Certificates that receivers are verified by, in place of the system's."),
      size("webhooks.body_max",
           &S::webhooks,
           &WebhookSettings::body_max,
           1024,
           16 * mib,
           "Largest body of a webhook; a larger one goes without its values."),
      count("webhooks.deliveries_waiting_max",
            &S::webhooks,
            &WebhookSettings::deliveries_waiting_max,
            1,
            1'000'000,
            "Webhooks that wait for a receiver, or for their turn's end; more turns with one are "
            "answered 503."),
      count("webhooks.deliveries_waiting_per_tenant_max",
            &S::webhooks,
            &WebhookSettings::deliveries_waiting_per_tenant_max,
            1,
            1'000'000,
            "Of these, of one tenant."),
      count("webhooks.deliveries_at_once_max",
            &S::webhooks,
            &WebhookSettings::deliveries_at_once_max,
            1,
            1'000,
            "Webhooks that are sent at once."),
      count("webhooks.deliveries_per_receiver_max",
            &S::webhooks,
            &WebhookSettings::deliveries_per_receiver_max,
            1,
            1'000,
            "Of these, to one receiver."),
      duration("webhooks.attempt_time_max",
               &S::webhooks,
               &WebhookSettings::attempt_time_max,
               milliseconds(100),
               milliseconds(300'000),
               "Time for a receiver to answer."),
      duration("webhooks.retry_wait_min",
               &S::webhooks,
               &WebhookSettings::retry_wait_min,
               milliseconds(10),
               milliseconds(3'600'000),
               "Longest wait after a webhook's first failure; it doubles with each further one."),
      duration("webhooks.retry_wait_max",
               &S::webhooks,
               &WebhookSettings::retry_wait_max,
               milliseconds(10),
               hours(24),
               "What that wait grows to."),
      duration("webhooks.retry_time_max",
               &S::webhooks,
               &WebhookSettings::retry_time_max,
               milliseconds(0),
               hours(24 * 30),
               "How long after its turn's end a webhook is tried again; then it is given up."),
      text("log.level",
           &S::log,
           &LogSettings::level,
           {"debug", "info", "warn", "error"},
           "Least level that is logged."),
      text("log.format",
           &S::log,
           &LogSettings::format,
           {"json", "text"},
           "One JSON object a line, or lines for people."),
  };
  return settings;
}

// --- the parts with names of the operator's choice
// ------------------------------------------------

Result<void> known_keys(const Json& object,
                        const std::string& path,
                        const std::set<std::string>& known) {
  if (!object.is_object()) return wrong(path, "must be an object");
  for (const auto& [key, value] : object.items()) {
    if (!known.contains(key)) return wrong(path + "." + key, "there is no such setting");
  }
  return {};
}

Result<ProviderSettings> read_provider(const Json& value,
                                       const std::string& path,
                                       const fs::path& folder) {
  if (auto fine = known_keys(value,
                             path,
                             {"kind",
                              "base_url",
                              "api_key",
                              "ca_file",
                              "connect_time_max",
                              "first_token_time_max",
                              "gap_time_max",
                              "total_time_max",
                              "piece_delay"});
      !fine) {
    return fine.error();
  }
  ProviderSettings provider;
  const auto duration_of = [&](const char* name, milliseconds& into) -> Result<void> {
    if (!value.contains(name)) return {};
    const auto read =
        read_duration(value[name], path + "." + name, milliseconds(0), milliseconds(3'600'000));
    if (!read) return read.error();
    into = *read;
    return {};
  };
  for (const auto& [name, into] : std::initializer_list<std::pair<const char*, milliseconds*>>{
           {"connect_time_max", &provider.connect_time_max},
           {"first_token_time_max", &provider.first_token_time_max},
           {"gap_time_max", &provider.gap_time_max},
           {"total_time_max", &provider.total_time_max},
           {"piece_delay", &provider.piece_delay}}) {
    if (auto read = duration_of(name, *into); !read) return read.error();
  }
  auto kind = read_text(value.value("kind", Json()), path + ".kind");
  if (!kind) return kind.error();
  provider.kind = *kind;
  const std::set<std::string> kinds{"openai", "anthropic", "gemini", "offline"};
  if (!kinds.contains(provider.kind)) {
    return wrong(path + ".kind", "must be one of openai|anthropic|gemini|offline");
  }
  if (provider.kind != "offline") {
    auto url = read_text(value.value("base_url", Json()), path + ".base_url");
    if (!url) return url.error();
    provider.base_url = *url;
    if (!provider.base_url.starts_with("http://") && !provider.base_url.starts_with("https://")) {
      return wrong(path + ".base_url", "must start with http:// or https://");
    }
  }
  if (value.contains("api_key")) {
    auto source = read_credential_source(value["api_key"], path + ".api_key", folder);
    if (!source) return source.error();
    if (source->command.empty()) {  // which is run when the server starts, and not to check a file
      if (const auto now = net::read_credential(*source); !now)
        return wrong(path + ".api_key", now.error().detail);
    }
    provider.api_key = std::move(*source);
  }
  if (value.contains("ca_file")) {
    auto file = read_text(value["ca_file"], path + ".ca_file");
    if (!file) return file.error();
    provider.ca_file = folder / *file;
  }
  return provider;
}

Result<void> read_lane_limits(const Json& item, const std::string& path, LaneSettings& lane) {
  constexpr std::uint64_t calls_most = 1'000'000;
  constexpr std::uint64_t tokens_most = 1'000'000'000'000;
  struct Count {
    const char* name;
    std::uint64_t* into;
    std::uint64_t min;
    std::uint64_t max;
  };
  for (const Count& count :
       {Count{"calls_at_once_min", &lane.calls_at_once_min, 1, calls_most},
        Count{"calls_at_once_max", &lane.calls_at_once_max, 1, calls_most},
        Count{"calls_waiting_max", &lane.calls_waiting_max, 0, calls_most},
        Count{"tokens_at_once_max", &lane.tokens_at_once_max, 0, tokens_most},
        Count{"requests_per_minute_max", &lane.requests_per_minute_max, 0, calls_most},
        Count{"tokens_per_minute_max", &lane.tokens_per_minute_max, 0, tokens_most}}) {
    if (!item.contains(count.name)) continue;
    const auto number = read_count(item[count.name], path + "." + count.name, count.min, count.max);
    if (!number) return number.error();
    *count.into = *number;
  }
  if (lane.calls_at_once_min > lane.calls_at_once_max)
    return wrong(path + ".calls_at_once_min", "must not be more than calls_at_once_max");
  if (!item.contains("adapts")) return {};
  if (!item["adapts"].is_boolean()) return wrong(path + ".adapts", "must be true or false");
  lane.adapts = item["adapts"].get<bool>();
  return {};
}

Result<LaneSettings> read_lane(const Json& item,
                               const std::string& path,
                               const Settings& settings) {
  if (auto fine = known_keys(item,
                             path,
                             {"provider",
                              "model",
                              "calls_at_once_min",
                              "calls_at_once_max",
                              "adapts",
                              "calls_waiting_max",
                              "tokens_at_once_max",
                              "requests_per_minute_max",
                              "tokens_per_minute_max"});
      !fine) {
    return fine.error();
  }
  LaneSettings lane;
  auto provider = read_text(item.value("provider", Json()), path + ".provider");
  if (!provider) return provider.error();
  lane.provider = *provider;
  if (!settings.providers.contains(lane.provider)) {
    return wrong(path + ".provider", "there is no provider \"" + lane.provider + "\"");
  }
  auto model = read_text(item.value("model", Json()), path + ".model");
  if (!model) return model.error();
  lane.model = *model;
  if (auto fine = read_lane_limits(item, path, lane); !fine) return fine.error();
  return lane;
}

Result<std::vector<LaneSettings>> read_lanes(const Json& value,
                                             const std::string& path,
                                             const Settings& settings) {
  if (!value.is_array() || value.empty()) return wrong(path, "must be a list of lanes");
  std::vector<LaneSettings> lanes;
  for (std::size_t i = 0; i < value.size(); ++i) {
    auto lane = read_lane(value[i], path + "[" + std::to_string(i) + "]", settings);
    if (!lane) return lane.error();
    lanes.push_back(std::move(*lane));
  }
  return lanes;
}

// A provider's model is one lane, however many roles name it: its limits are the same in all of
// them, and a role tries it once.
Result<void> check_lanes(const std::map<std::string, std::vector<LaneSettings>>& models) {
  struct Named {
    const LaneSettings& lane;
    std::string role;
    std::string path;
  };
  std::map<std::pair<std::string, std::string>, Named> lanes;
  for (const auto& [role, chain] : models) {
    for (std::size_t i = 0; i < chain.size(); ++i) {
      const std::string path = "models." + role + "[" + std::to_string(i) + "]";
      const auto [named, is_new] =
          lanes.try_emplace({chain[i].provider, chain[i].model}, Named{chain[i], role, path});
      const Named& first = named->second;
      if (is_new) continue;
      if (first.lane != chain[i])
        return wrong(path, "must have the same limits as " + first.path + ", which is this lane");
      if (first.role == role) return wrong(path, "stands in the list already: " + first.path);
    }
  }
  return {};
}

// As text, or as a number of at most nine decimals.
Result<std::int64_t> read_money(const Json& value, const std::string& path) {
  const std::string text = value.is_string() ? value.get<std::string>() : dump(value);
  const auto nanos = parse_money(text);
  if (!nanos) return wrong(path, nanos.error().detail);
  return *nanos;
}

Result<Price> read_price(const Json& value, const std::string& path) {
  if (auto fine = known_keys(value, path, {"input", "cached_input", "output"}); !fine)
    return fine.error();
  Price price;
  for (const auto& [name, into] : std::initializer_list<std::pair<const char*, std::int64_t*>>{
           {"input", &price.input}, {"output", &price.output}}) {
    const auto nanos = read_money(value.value(name, Json()), path + "." + name);
    if (!nanos) return nanos.error();
    *into = *nanos;
  }
  price.input_cached = price.input;
  if (value.contains("cached_input")) {
    const auto nanos = read_money(value["cached_input"], path + ".cached_input");
    if (!nanos) return nanos.error();
    price.input_cached = *nanos;
  }
  if (std::max({price.input, price.input_cached, price.output}) > Price::most)
    return wrong(path, "must be at most " + money_text(Price::most) + " for a million tokens");
  return price;
}

Result<PriceSettings> read_prices(const Json& value) {
  if (auto fine = known_keys(value, "prices", {"version", "models"}); !fine) return fine.error();
  PriceSettings prices;
  auto version = read_text(value.value("version", Json()), "prices.version");
  if (!version) return version.error();
  prices.version = std::move(*version);
  const Json models = value.value("models", Json::object());
  if (!models.is_object()) return wrong("prices.models", "must be an object");
  for (const auto& [name, item] : models.items()) {
    const auto price = read_price(item, "prices.models." + name);
    if (!price) return price.error();
    prices.models[name] = *price;
  }
  return prices;
}

Result<SpendingLimit> read_spending_limit(const Json& value, const std::string& path) {
  if (auto fine = known_keys(value, path, {"tokens_max", "money_max"}); !fine) return fine.error();
  constexpr std::uint64_t tokens_most = 1'000'000'000'000'000;
  SpendingLimit limit;
  if (value.contains("tokens_max")) {
    const auto tokens = read_count(value["tokens_max"], path + ".tokens_max", 1, tokens_most);
    if (!tokens) return tokens.error();
    limit.tokens_max = static_cast<std::int64_t>(*tokens);
  }
  if (value.contains("money_max")) {
    const auto nanos = read_money(value["money_max"], path + ".money_max");
    if (!nanos) return nanos.error();
    if (*nanos == 0) return wrong(path + ".money_max", "must be more than 0");
    limit.nanos_max = *nanos;
  }
  return limit;
}

Result<Budget> read_budget(const Json& value, const std::string& path) {
  if (auto fine = known_keys(value, path, {"day", "month", "total"}); !fine) return fine.error();
  Budget budget;
  for (const Period period : all_periods) {
    const std::string name(to_string(period));
    if (!value.contains(name)) continue;
    const auto limit = read_spending_limit(value[name], path + "." + name);
    if (!limit) return limit.error();
    budget.of(period) = *limit;
  }
  return budget;
}

Result<BudgetOptions> read_budgets(const Json& value) {
  if (auto fine =
          known_keys(value, "budgets", {"tenant", "key", "user", "thread", "tenants", "keys"});
      !fine)
    return fine.error();
  BudgetOptions budgets;
  for (const Payer payer : {Payer::tenant, Payer::key, Payer::user, Payer::thread}) {
    const std::string name(to_string(payer));
    if (!value.contains(name)) continue;
    const auto budget = read_budget(value[name], "budgets." + name);
    if (!budget) return budget.error();
    budgets.each[payer] = *budget;
  }
  for (const auto& [name, into] :
       std::initializer_list<std::pair<std::string, std::map<std::string, Budget>*>>{
           {"tenants", &budgets.tenants}, {"keys", &budgets.keys}}) {
    const std::string path = "budgets." + name;
    const Json named = value.value(name, Json::object());
    if (!named.is_object()) return wrong(path, "must be an object");
    for (const auto& [owner, item] : named.items()) {
      const auto budget = read_budget(item, path + "." + owner);
      if (!budget) return budget.error();
      (*into)[owner] = *budget;
    }
  }
  return budgets;
}

Result<void> read_money_parts(const Json& document, Settings& settings) {
  if (document.contains("prices")) {
    auto prices = read_prices(document["prices"]);
    if (!prices) return prices.error();
    settings.prices = std::move(*prices);
  }
  if (document.contains("budgets")) {
    auto budgets = read_budgets(document["budgets"]);
    if (!budgets) return budgets.error();
    settings.budgets = std::move(*budgets);
  }
  return {};
}

Result<void> read_named_parts(const Json& document, const fs::path& folder, Settings& settings) {
  for (const char* name : {"providers", "models", "agents"}) {
    if (document.contains(name) && !document[name].is_object())
      return wrong(name, "must be an object");
  }
  const Json providers = document.value("providers", Json::object());
  const Json models = document.value("models", Json::object());
  const Json agents = document.value("agents", Json::object());
  for (const auto& [name, value] : providers.items()) {
    auto provider = read_provider(value, "providers." + name, folder);
    if (!provider) return provider.error();
    settings.providers[name] = std::move(*provider);
  }
  for (const auto& [role, value] : models.items()) {
    auto lanes = read_lanes(value, "models." + role, settings);
    if (!lanes) return lanes.error();
    settings.models[role] = std::move(*lanes);
  }
  if (auto fine = check_lanes(settings.models); !fine) return fine.error();
  for (const auto& [name, value] : agents.items()) {
    auto path = read_text(value, "agents." + name);
    if (!path) return path.error();
    settings.agents[name] = folder / *path;
  }
  return {};
}

// --- the whole
// ------------------------------------------------------------------------------------

// PARLANCE_A__B__C=value sets a.b.c.
void override_by_environment(Json& document, const std::vector<std::string>& environment) {
  constexpr std::string_view prefix = "PARLANCE_";
  for (const auto& entry : environment) {
    const auto equals = entry.find('=');
    if (!entry.starts_with(prefix) || equals == std::string::npos) continue;
    std::string name = entry.substr(prefix.size(), equals - prefix.size());
    if (name.find("__") == std::string::npos) continue;
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
      return static_cast<char>(std::tolower(c));
    });
    const std::string text = entry.substr(equals + 1);
    Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (value.is_discarded()) value = text;
    Json* at = &document;
    while (true) {
      const auto end = name.find("__");
      Json& next = (*at)[name.substr(0, end)];
      if (end == std::string::npos) {
        next = std::move(value);
        break;
      }
      if (!next.is_object()) next = Json::object();
      at = &next;
      name = name.substr(end + 2);
    }
  }
}

std::size_t line_of(std::string_view text, std::size_t byte) {
  return 1 + static_cast<std::size_t>(
                 std::count(text.begin(),
                            text.begin() + static_cast<std::ptrdiff_t>(std::min(byte, text.size())),
                            '\n'));
}

}  // namespace

Result<Settings> load_settings(const fs::path& file,
                               const std::vector<std::string>& environment,
                               std::string_view section) {
  std::ifstream in(file);
  if (!in) return Error{ErrorCode::invalid_value, file.string() + ": cannot be read", {}, {}};
  std::ostringstream text;
  text << in.rdbuf();
  return parse_settings(text.str(), file, environment, section);
}

Result<Settings> parse_settings(std::string_view text,
                                const fs::path& file,
                                const std::vector<std::string>& environment,
                                std::string_view only_section) {
  const auto in_file = [&](const Error& error) {
    return Error{error.code, file.string() + ": " + error.detail, error.field, {}};
  };
  Json document;
  try {
    document = Json::parse(text, nullptr, /*allow_exceptions=*/true, /*ignore_comments=*/true);
  } catch (const Json::parse_error& error) {
    const std::size_t byte = error.byte == 0 ? 0 : error.byte - 1;
    return Error{ErrorCode::invalid_value,
                 file.string() + ":" + std::to_string(line_of(text, byte)) + ": not valid JSON",
                 {},
                 {}};
  }
  if (!document.is_object()) return in_file(wrong("(all)", "must be an object"));
  override_by_environment(document, environment);

  const fs::path folder = file.parent_path();
  Settings settings;
  std::map<std::string, std::set<std::string>> known{
      {"providers", {}}, {"models", {}}, {"agents", {}}, {"prices", {}}, {"budgets", {}}};
  for (const auto& setting : table()) {
    const auto dot = setting.name.find('.');
    known[setting.name.substr(0, dot)].insert(setting.name.substr(dot + 1));
  }
  for (const auto& [section, value] : document.items()) {
    if (!known.contains(section)) return in_file(wrong(section, "there is no such section"));
    if (known[section].empty()) continue;
    if (auto fine = known_keys(value, section, known[section]); !fine) return in_file(fine.error());
  }
  settings.storage.path = folder / settings.storage.path;
  for (const auto& setting : table()) {
    const auto dot = setting.name.find('.');
    const std::string name = setting.name.substr(0, dot);
    if (!only_section.empty() && name != only_section) continue;
    const auto section = document.find(name);
    if (section == document.end() || !section->contains(setting.name.substr(dot + 1))) continue;
    if (auto read = setting.read(settings, (*section)[setting.name.substr(dot + 1)], folder);
        !read) {
      return in_file(read.error());
    }
  }
  if (!only_section.empty()) return settings;
  if (auto read = read_named_parts(document, folder, settings); !read) return in_file(read.error());
  if (auto read = read_money_parts(document, settings); !read) return in_file(read.error());
  return settings;
}

std::string settings_table() {
  std::string text;
  for (const auto& setting : table()) {
    text += setting.name + "  " + setting.type + "  " +
            (setting.initial.empty() ? "-" : setting.initial) +
            (setting.range.empty() ? "" : "  " + setting.range) + "  " + setting.sentence + "\n";
  }
  return text;
}

}  // namespace parlance
