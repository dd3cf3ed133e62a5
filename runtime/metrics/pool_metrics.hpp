// What is counted of one lane of a pool: the same for models and retrieval.
#pragma once

#include "runtime/base/error.hpp"
#include "runtime/metrics/registry.hpp"

#include <chrono>
#include <map>
#include <string>

namespace parlance {

// Threading: one pool actor calls; scrapes read.
class PoolMetrics {
 public:
  // `pool` is "llm" or "retriever"; `lane` is a name from the settings.
  PoolMetrics(Registry& registry, const std::string& pool, const std::string& lane);

  void filled(std::size_t running, std::size_t waiting);
  void call_refused(ErrorCode code);
  void call_started(std::chrono::steady_clock::duration waited);
  void call_ended(bool ok, std::chrono::steady_clock::duration took);

 private:
  Registry& registry_;
  const Labels labels_;
  Gauge& running_;
  Gauge& running_max_;
  Gauge& waiting_;
  Counter& succeeded_;
  Counter& failed_;
  Histogram& wait_seconds_;
  Histogram& call_seconds_;
  std::map<ErrorCode, Counter*> refused_;
};

// What is counted of supervision.
class SupervisionMetrics {
 public:
  explicit SupervisionMetrics(Registry& registry) : registry_(registry) {}

  void restarted(const std::string& child);
  void declare(const std::string& child) { counter(child); }

 private:
  Counter& counter(const std::string& child);

  Registry& registry_;
};

}  // namespace parlance
