// The configuration: one JSON file, comments allowed, every value overridable by the environment.
//
//   PARLANCE_HTTP__PORT=9000                      http.port
//   PARLANCE_MODELS__MAIN='[{"provider":...}]'    models.main, as JSON
//
// Wrong values are named by their path, syntax errors by their line, unknown names are refused.
// Relative paths start at the file's folder. settings.cpp holds one table with the name, the
// default, the range and a sentence for each plain setting; `parlance settings` prints it, and
// tests/golden/settings.txt holds it.
//
// Threading: plain data, read once at start.
#pragma once

#include "net/credentials/credential.hpp"
#include "net/door_options.hpp"
#include "runtime/base/json.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/result.hpp"
#include "runtime/money/budget_book.hpp"
#include "runtime/money/price_table.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace parlance {

struct HttpSettings {
  std::string address = "127.0.0.1";
  std::uint64_t port = 8080;  // 0: a free one
  std::uint64_t body_max = 64 * 1024;
  std::uint64_t headers_max = 16 * 1024;
  std::uint64_t json_depth_max = 32;
  std::uint64_t connections_max = 11'000;
  std::uint64_t stream_buffer_max = 256 * 1024;
  std::chrono::milliseconds header_time_max{10'000};
  std::chrono::milliseconds body_time_max{30'000};
  std::chrono::milliseconds idle_time_max{75'000};
  std::chrono::milliseconds write_time_max{30'000};
  std::chrono::milliseconds heartbeat{5'000};
  std::chrono::milliseconds drain_time{10'000};
  std::uint64_t threads = 1;
  std::vector<std::string> cors_origins;
};

struct StorageSettings {
  std::filesystem::path path = "var/parlance";
  std::chrono::milliseconds thread_ttl{std::chrono::hours(24 * 30)};
  std::chrono::milliseconds idempotency_ttl{std::chrono::hours(1)};
  std::chrono::milliseconds ledger_ttl{std::chrono::hours(24 * 90)};
  std::uint64_t memtable_max = 16 * 1024 * 1024;
  std::uint64_t block_cache_max = 32 * 1024 * 1024;
};

struct AuthSettings {
  std::filesystem::path keys_file;
};

struct ThreadSettings {
  std::uint64_t turns_waiting_max = 8;
  std::uint64_t resident_max = 10'000;
  std::uint64_t attempts_max = 3;
  std::chrono::milliseconds idle_time_max{300'000};
  std::chrono::milliseconds start_delay_max{std::chrono::hours(24 * 30)};
};

struct RetrieverSettings {
  std::uint64_t searches_at_once_max = 2;
  std::uint64_t searches_waiting_max = 256;
  std::chrono::milliseconds search_time_max{10'000};
};

struct AnswerSettings {
  std::uint64_t kept_bytes_max = 16 * 1024 * 1024;
  bool kept_on_disk = false;
};

struct EmbeddingSettings {
  std::vector<std::string> roles;
  std::uint64_t inputs_max = 512;
  std::uint64_t answers_at_once_max = 64;
  std::uint64_t answers_at_once_per_tenant_max = 32;
  std::chrono::milliseconds time_max{60'000};
};

struct WebhookSettings {
  std::vector<std::string> secrets;  // as found where the configuration says; the first is newest
  std::vector<std::string> hosts_allowed;
  std::filesystem::path ca_file;
  std::uint64_t body_max = 256 * 1024;
  std::uint64_t deliveries_waiting_max = 10'000;
  std::uint64_t deliveries_waiting_per_tenant_max = 2'500;
  std::uint64_t deliveries_at_once_max = 32;
  std::uint64_t deliveries_per_receiver_max = 4;
  std::chrono::milliseconds attempt_time_max{15'000};
  std::chrono::milliseconds retry_wait_min{5'000};
  std::chrono::milliseconds retry_wait_max{600'000};
  std::chrono::milliseconds retry_time_max{std::chrono::hours(24)};
};

struct LogSettings {
  std::string level = "info";
  std::string format = "json";
};

struct ProviderSettings {
  std::string kind;  // "openai", "anthropic", "gemini" or "offline"
  std::string base_url;
  std::optional<net::CredentialSource> api_key;
  std::filesystem::path ca_file;
  std::chrono::milliseconds connect_time_max{5'000};
  std::chrono::milliseconds first_token_time_max{30'000};
  std::chrono::milliseconds gap_time_max{30'000};
  std::chrono::milliseconds total_time_max{600'000};
  std::chrono::milliseconds piece_delay{5};
};

struct LaneSettings {
  std::string provider;
  std::string model;
  std::uint64_t calls_at_once_min = 1;
  std::uint64_t calls_at_once_max = 256;
  bool adapts = true;  // the limit moves between these two; else it is calls_at_once_max
  std::uint64_t calls_waiting_max = 64;
  std::uint64_t tokens_at_once_max = 0;  // 0: no limit, here and below
  std::uint64_t requests_per_minute_max = 0;
  std::uint64_t tokens_per_minute_max = 0;
  bool reads_limits = true;  // from the heads of the provider's answers

  bool operator==(const LaneSettings&) const = default;
};

struct PriceSettings {
  std::string version;
  std::map<std::string, Price> models;  // by "provider/model" or "model"
};

struct Settings {
  HttpSettings http;
  StorageSettings storage;
  AuthSettings auth;
  net::DoorOptions limits;
  ThreadSettings threads;
  RetrieverSettings retriever;
  AnswerSettings answers;
  EmbeddingSettings embeddings;
  WebhookSettings webhooks;
  LogSettings log;
  PriceSettings prices;
  BudgetOptions budgets;
  std::map<std::string, ProviderSettings> providers;
  std::map<std::string, std::vector<LaneSettings>> models;
  std::map<std::string, std::filesystem::path> agents;
};

// `environment` as in environ: "NAME=value" strings. With `only_section`, that one alone is read:
// what the others name (secrets, files) need not be there.
Result<Settings> load_settings(const std::filesystem::path& file,
                               const std::vector<std::string>& environment,
                               std::string_view only_section = {});
Result<Settings> parse_settings(std::string_view text,
                                const std::filesystem::path& file,
                                const std::vector<std::string>& environment,
                                std::string_view only_section = {});

// One line a setting: name, type, default, range, sentence.
std::string settings_table();

}  // namespace parlance
