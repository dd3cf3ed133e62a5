#include "bench/load/server_sample.hpp"

namespace parlance::bench {

std::optional<ServerSample> server_sample(const MetricsText& metrics) {
  if (!metrics.sum("parlance_threads_resident")) return std::nullopt;
  const auto gauge = [&](std::string_view name) { return metrics.sum(name).value_or(0); };
  return ServerSample{.threads_resident = gauge("parlance_threads_resident"),
                      .turns_inside = gauge("parlance_mailbox_turns"),
                      .calls_running = gauge("parlance_pool_running"),
                      .calls_waiting = gauge("parlance_pool_waiting"),
                      .streams_open = gauge("parlance_http_streams_open"),
                      .connections_open = gauge("parlance_http_connections_open")};
}

}  // namespace parlance::bench
