#include "app/part_options.hpp"

#include <algorithm>
#include <chrono>

namespace parlance {
namespace {

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
  options.reads_limits = lane.reads_limits;
  return options;
}

}  // namespace

net::HttpServerOptions http_options(const HttpSettings& http, const net::DoorOptions& limits) {
  net::HttpServerOptions options;
  options.address = http.address;
  options.port = static_cast<std::uint16_t>(http.port);
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
  options.keeps_answers = settings.answers.kept_on_disk;
  options.memtable_bytes = settings.storage.memtable_max;
  options.block_cache_bytes = settings.storage.block_cache_max;
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

actors::RetrieverOptions retriever_options(const RetrieverSettings& retriever) {
  return {static_cast<std::uint32_t>(retriever.searches_at_once_max),
          static_cast<std::uint32_t>(retriever.searches_waiting_max),
          retriever.search_time_max};
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

net::EmbeddingRules embedding_rules(const EmbeddingSettings& embeddings) {
  return {embeddings.roles, static_cast<std::size_t>(embeddings.inputs_max), embeddings.time_max};
}

net::HttpProviderOptions provider_options(const ProviderSettings& provider) {
  net::HttpProviderOptions options;
  options.base_url = provider.base_url;
  options.ca_file = provider.ca_file.string();
  options.connect_time_max = provider.connect_time_max;
  options.first_token_time_max = provider.first_token_time_max;
  options.gap_time_max = provider.gap_time_max;
  options.total_time_max = provider.total_time_max;
  return options;
}

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

}  // namespace parlance
