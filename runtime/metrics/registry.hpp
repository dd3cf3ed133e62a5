// Counters, gauges and histograms, and the text that Prometheus scrapes.
//
// A component has one struct of named instruments (runtime/metrics/*_metrics.hpp), built from a
// Registry by app.cpp; call sites say what happened. Labels take words from the program's own lists
// (codes, kinds, configured names), never from a client. tests/golden/metrics.txt is the list.
//
// Threading: instruments may be used from any thread. families are made before threads run; the
// instruments of a label may be made at any time.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace parlance {

using Counter = prometheus::Counter;
using Gauge = prometheus::Gauge;
using Histogram = prometheus::Histogram;
using Labels = std::map<std::string, std::string>;

class Registry {
 public:
  Registry();

  Counter& counter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge& gauge(const std::string& name, const std::string& help, const Labels& labels = {});
  // Seconds; buckets from 0.5 ms to 60 s.
  Histogram& seconds(const std::string& name, const std::string& help, const Labels& labels = {});
  // Seconds, for what takes a fraction of a millisecond as a rule; buckets from 0.05 ms to 10 s.
  Histogram& short_seconds(const std::string& name,
                           const std::string& help,
                           const Labels& labels = {});

  // Sets gauges that are read from somewhere else, just before each scrape.
  void before_scrape(std::function<void()> update);

  std::string text() const;

 private:
  Histogram& histogram(const std::string& name,
                       const std::string& help,
                       const Labels& labels,
                       const Histogram::BucketBoundaries& buckets);

  std::shared_ptr<prometheus::Registry> registry_;
  std::vector<std::function<void()>> updates_;
};

}  // namespace parlance
