#include "runtime/metrics/http_metrics.hpp"

#include "runtime/base/seconds.hpp"

#include <algorithm>

namespace parlance {

namespace {

Counter& rate_limited(Registry& registry, const char* limit) {
  return registry.counter("parlance_http_rate_limited_total",
                          "Requests refused at the door, by the limit that they were over.",
                          {{"limit", limit}});
}

}  // namespace

HttpMetrics::HttpMetrics(Registry& registry)
    : connections_open(
          registry.gauge("parlance_http_connections_open", "Connections that are open.")),
      streams_open(
          registry.gauge("parlance_http_streams_open", "Responses that are being streamed.")),
      connections_refused(
          registry.counter("parlance_http_connections_refused_total",
                           "Connections refused because http.connections_max were open.")),
      streams_cut(
          registry.counter("parlance_http_streams_cut_total",
                           "Streams cut because their reader fell behind or took nothing.")),
      rate_limited_by_address(rate_limited(registry, "address")),
      rate_limited_by_key(rate_limited(registry, "key")),
      rate_limited_by_tenant(rate_limited(registry, "tenant")),
      rate_limited_by_user(rate_limited(registry, "user")),
      wrong_keys(registry.counter("parlance_http_wrong_keys_total",
                                  "Requests with a key that is not valid.")),
      locked_out(registry.counter("parlance_http_locked_out_total",
                                  "Of these, from an address that had sent too many.")),
      bytes_received(
          registry.counter("parlance_http_received_bytes_total", "Bytes read from clients.")),
      bytes_sent(registry.counter("parlance_http_sent_bytes_total", "Bytes written to clients.")),
      registry_(registry) {}

HttpMetrics::Route HttpMetrics::route(const std::string& name) {
  Route route;
  for (std::size_t i = 0; i < route.answered.size(); ++i) {
    route.answered[i] =
        &registry_.counter("parlance_http_requests_total",
                           "Requests answered, by route and class of status.",
                           {{"route", name}, {"status", std::to_string(i + 1) + "xx"}});
  }
  route.seconds =
      &registry_.seconds("parlance_http_request_seconds",
                         "From a request's last byte to the end of its answer, by route.",
                         {{"route", name}});
  return route;
}

void HttpMetrics::Route::request_answered(int status,
                                          std::chrono::steady_clock::duration time) const {
  answered[static_cast<std::size_t>(std::clamp(status / 100, 1, 5) - 1)]->Increment();
  seconds->Observe(in_seconds(time));
}

}  // namespace parlance
