#include "runtime/metrics/pool_metrics.hpp"

#include "runtime/base/seconds.hpp"

#include <algorithm>

namespace parlance {
namespace {

Labels with(Labels labels, const std::string& name, const std::string& value) {
  labels[name] = value;
  return labels;
}

constexpr const char* refused_help = "Calls that a pool refused, by code";

}  // namespace

PoolMetrics::PoolMetrics(Registry& registry, const std::string& pool, const std::string& lane)
    : registry_(registry),
      labels_{{"pool", pool}, {"lane", lane}},
      running_(registry.gauge("parlance_pool_running", "Calls that run", labels_)),
      running_max_(registry.gauge(
          "parlance_pool_running_max", "The most calls that ever ran at once", labels_)),
      waiting_(registry.gauge("parlance_pool_waiting", "Calls that wait for a slot", labels_)),
      succeeded_(registry.counter("parlance_pool_calls_total",
                                  "Calls that ended, by outcome",
                                  with(labels_, "outcome", "ok"))),
      failed_(registry.counter("parlance_pool_calls_total",
                               "Calls that ended, by outcome",
                               with(labels_, "outcome", "failed"))),
      wait_seconds_(registry.seconds(
          "parlance_pool_wait_seconds", "Time a call waited for its slot", labels_)),
      call_seconds_(
          registry.seconds("parlance_pool_call_seconds", "Time a call held its slot", labels_)) {
  const ErrorCode full =
      pool == "llm" ? ErrorCode::model_queue_full : ErrorCode::retriever_queue_full;
  for (const ErrorCode code : {full, ErrorCode::would_miss_deadline}) {
    refused_[code] = &registry.counter("parlance_pool_refused_total",
                                       refused_help,
                                       with(labels_, "code", std::string(to_string(code))));
  }
}

void PoolMetrics::filled(std::size_t running, std::size_t waiting) {
  running_.Set(static_cast<double>(running));
  running_max_.Set(std::max(running_max_.Value(), static_cast<double>(running)));
  waiting_.Set(static_cast<double>(waiting));
}

void PoolMetrics::call_refused(ErrorCode code) {
  auto& counter = refused_[code];
  if (counter == nullptr) {
    counter = &registry_.counter("parlance_pool_refused_total",
                                 refused_help,
                                 with(labels_, "code", std::string(to_string(code))));
  }
  counter->Increment();
}

void PoolMetrics::call_started(std::chrono::steady_clock::duration waited) {
  wait_seconds_.Observe(in_seconds(waited));
}

void PoolMetrics::call_ended(bool ok, std::chrono::steady_clock::duration took) {
  (ok ? succeeded_ : failed_).Increment();
  call_seconds_.Observe(in_seconds(took));
}

void SupervisionMetrics::restarted(const std::string& child) {
  counter(child).Increment();
}

Counter& SupervisionMetrics::counter(const std::string& child) {
  return registry_.counter(
      "parlance_restarts_total", "Parts that a supervisor started again", {{"part", child}});
}

}  // namespace parlance
