// What the HTTP front counts. Routes are labelled by their pattern, never by a path.
//
// Threading: route() before threads run; the instruments from any thread.
#pragma once

#include "runtime/metrics/registry.hpp"

#include <array>
#include <chrono>
#include <string>

namespace parlance {

class HttpMetrics {
 public:
  struct Route {
    std::array<Counter*, 5> answered{};  // by class of status: 1xx to 5xx
    Histogram* seconds = nullptr;

    void request_answered(int status, std::chrono::steady_clock::duration time) const;
  };

  explicit HttpMetrics(Registry& registry);

  // `name` is "METHOD pattern", or a word for requests that met no route.
  Route route(const std::string& name);

  Gauge& connections_open;
  Gauge& streams_open;
  Counter& connections_refused;
  Counter& streams_cut;
  Counter& rate_limited_by_address;
  Counter& rate_limited_by_key;
  Counter& rate_limited_by_tenant;
  Counter& rate_limited_by_user;
  Counter& wrong_keys;
  Counter& locked_out;
  Counter& bytes_received;
  Counter& bytes_sent;

 private:
  Registry& registry_;
};

}  // namespace parlance
