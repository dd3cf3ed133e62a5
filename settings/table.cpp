#include "settings/table.hpp"

#include "runtime/base/units.hpp"

#include "settings/values.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace parlance {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
namespace fs = std::filesystem;

// Of a kind that lies between two values: how it is read, and how it is shown.
template <class Value>
struct Kind {
  const char* name;
  Result<Value> (*read)(const Json& value, const std::string& path, Value min, Value max);
  std::string (*show)(Value value);
  double (*number)(Value value);
};

constexpr double as_number(std::uint64_t value) {
  return static_cast<double>(value);
}

constexpr Kind<std::uint64_t> count_kind{
    "count", read_count, [](std::uint64_t value) { return std::to_string(value); }, as_number};
constexpr Kind<std::uint64_t> size_kind{"size", read_size, size_to_text, as_number};
constexpr Kind<milliseconds> duration_kind{
    "duration", read_duration, to_text, [](milliseconds value) {
      return std::chrono::duration<double>(value).count();
    }};

template <class Section, class Value>
Setting bounded(const Kind<Value>& kind,
                std::string name,
                Section Settings::*section,
                Value Section::*member,
                Value min,
                Value max,
                std::string sentence) {
  return {name,
          kind.name,
          kind.show(Settings{}.*section.*member),
          kind.show(min) + ".." + kind.show(max),
          std::move(sentence),
          [=](Settings& settings, const Json& json, const fs::path&) -> Result<void> {
            const auto value = kind.read(json, name, min, max);
            if (!value) return value.error();
            settings.*section.*member = *value;
            return {};
          },
          [number = kind.number, section, member](const Settings& settings) {
            return number(settings.*section.*member);
          }};
}

template <class Section>
Setting count(std::string name,
              Section Settings::*section,
              std::uint64_t Section::*member,
              std::uint64_t min,
              std::uint64_t max,
              std::string sentence) {
  return bounded(count_kind, std::move(name), section, member, min, max, std::move(sentence));
}

template <class Section>
Setting size(std::string name,
             Section Settings::*section,
             std::uint64_t Section::*member,
             std::uint64_t min,
             std::uint64_t max,
             std::string sentence) {
  return bounded(size_kind, std::move(name), section, member, min, max, std::move(sentence));
}

template <class Section>
Setting duration(std::string name,
                 Section Settings::*section,
                 milliseconds Section::*member,
                 milliseconds min,
                 milliseconds max,
                 std::string sentence) {
  return bounded(duration_kind, std::move(name), section, member, min, max, std::move(sentence));
}

template <class Section>
Setting flag(std::string name,
             Section Settings::*section,
             bool Section::*member,
             std::string sentence) {
  return {name,
          "flag",
          Settings{}.*section.*member ? "true" : "false",
          "true|false",
          std::move(sentence),
          [=](Settings& settings, const Json& value, const fs::path&) -> Result<void> {
            if (!value.is_boolean()) return wrong_setting(name, "must be true or false");
            settings.*section.*member = value.template get<bool>();
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
          return wrong_setting(name, "must be one of " + range);
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
            if (!value.is_array()) return wrong_setting(name, "must be a list");
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

}  // namespace

const std::vector<Setting>& settings_rows() {
  using S = Settings;
  using std::chrono::hours;
  constexpr std::uint64_t mib = 1024 * 1024;
  constexpr std::uint64_t limit_max = 1'000'000'000;
  constexpr std::uint64_t parsed_head_max = 64 * 1024;  // a field's length has 16 bits in Beast
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
           parsed_head_max,
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
               &net::DoorOptions::window,
               milliseconds(1'000),
               milliseconds(86'400'000),
               "How far back requests and wrong keys are counted."),
      count("limits.requests_per_address_max",
            &S::limits,
            &net::DoorOptions::requests_per_address_max,
            0,
            limit_max,
            "Requests of one address in a window, more are answered 429; 0: no limit."),
      count("limits.requests_per_key_max",
            &S::limits,
            &net::DoorOptions::requests_per_key_max,
            0,
            limit_max,
            "Requests with one key in a window, more are answered 429; 0: no limit."),
      count("limits.requests_per_tenant_max",
            &S::limits,
            &net::DoorOptions::requests_per_tenant_max,
            0,
            limit_max,
            "Requests of one tenant in a window, more are answered 429; 0: no limit."),
      count("limits.requests_per_user_max",
            &S::limits,
            &net::DoorOptions::requests_per_user_max,
            0,
            limit_max,
            "Requests for one `user` in a window, more are answered 429; 0: no limit."),
      count("limits.tokens_per_key_max",
            &S::limits,
            &net::DoorOptions::tokens_per_key_max,
            0,
            limit_max,
            "Tokens of calls to models with one key in a window, more are answered 429; 0: no "
            "limit."),
      count("limits.tokens_per_tenant_max",
            &S::limits,
            &net::DoorOptions::tokens_per_tenant_max,
            0,
            limit_max,
            "Tokens of calls to models of one tenant in a window, more are answered 429; 0: no "
            "limit."),
      count("limits.tokens_per_user_max",
            &S::limits,
            &net::DoorOptions::tokens_per_user_max,
            0,
            limit_max,
            "Tokens of calls to models for one `user` in a window, more are answered 429; 0: no "
            "limit."),
      count("limits.wrong_keys_max",
            &S::limits,
            &net::DoorOptions::wrong_keys_max,
            0,
            limit_max,
            "Wrong keys from one address in a window, more are answered 429; 0: no limit."),
      count(
          "limits.clients_max",
          &S::limits,
          &net::DoorOptions::clients_max,
          1,
          1'000'000,
          "Addresses, keys, tenants and users remembered, of each; the least recently seen leave."),
      list("limits.proxies_trusted",
           &S::limits,
           &net::DoorOptions::proxies_trusted,
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
      flag("answers.kept_on_disk",
           &S::answers,
           &AnswerSettings::kept_on_disk,
           "Answers that agents keep are there after a restart."),
      list(
          "embeddings.roles",
          &S::embeddings,
          &EmbeddingSettings::roles,
          "roles of models",
          [](const Json& value, const std::string& at, const fs::path&) {
            return read_text(value, at);
          },
          "Roles whose models embed: what /v1/embeddings takes as its model."),
      count("embeddings.inputs_max",
            &S::embeddings,
            &EmbeddingSettings::inputs_max,
            1,
            2'048,
            "Texts of one request to /v1/embeddings; more are refused."),
      count("embeddings.answers_at_once_max",
            &S::embeddings,
            &EmbeddingSettings::answers_at_once_max,
            1,
            1'000'000,
            "Requests to /v1/embeddings under way, until their clients have read the answers; more "
            "are answered 503."),
      count("embeddings.answers_at_once_per_tenant_max",
            &S::embeddings,
            &EmbeddingSettings::answers_at_once_per_tenant_max,
            1,
            1'000'000,
            "Of these, of one tenant."),
      duration("embeddings.time_max",
               &S::embeddings,
               &EmbeddingSettings::time_max,
               milliseconds(100),
               milliseconds(600'000),
               "Time for a request to /v1/embeddings."),
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

}  // namespace parlance
