#include "runtime/metrics/registry.hpp"

#include <prometheus/text_serializer.h>

#include <utility>

namespace parlance {
namespace {

const Histogram::BucketBoundaries seconds_buckets{
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
const Histogram::BucketBoundaries short_seconds_buckets{
    0.00005, 0.0001, 0.00015, 0.0002, 0.00025, 0.0003, 0.0004, 0.0005, 0.00075, 0.001, 0.0015,
    0.0025,  0.005,  0.01,    0.025,  0.05,    0.1,    0.25,   0.5,    1,       2.5,   10};

}  // namespace

Registry::Registry() : registry_(std::make_shared<prometheus::Registry>()) {}

Counter& Registry::counter(const std::string& name, const std::string& help, const Labels& labels) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(*registry_).Add(labels);
}

Gauge& Registry::gauge(const std::string& name, const std::string& help, const Labels& labels) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(*registry_).Add(labels);
}

Histogram& Registry::seconds(const std::string& name,
                             const std::string& help,
                             const Labels& labels) {
  return histogram(name, help, labels, seconds_buckets);
}

Histogram& Registry::short_seconds(const std::string& name,
                                   const std::string& help,
                                   const Labels& labels) {
  return histogram(name, help, labels, short_seconds_buckets);
}

Histogram& Registry::histogram(const std::string& name,
                               const std::string& help,
                               const Labels& labels,
                               const Histogram::BucketBoundaries& buckets) {
  return prometheus::BuildHistogram()
      .Name(name)
      .Help(help)
      .Register(*registry_)
      .Add(labels, buckets);
}

void Registry::before_scrape(std::function<void()> update) {
  updates_.push_back(std::move(update));
}

std::string Registry::text() const {
  for (const auto& update : updates_)
    update();
  return prometheus::TextSerializer().Serialize(registry_->Collect());
}

}  // namespace parlance
