#include "bench/suites/watch.hpp"

#include "bench/load/http_call.hpp"
#include "bench/stand/process_usage.hpp"

#include <algorithm>
#include <utility>

namespace parlance::bench {
namespace {

using Clock = std::chrono::steady_clock;

}  // namespace

std::optional<ServerSample> sample_of(const Target& target, pid_t process) {
  auto answer = http_call(target, "GET", "/metrics");
  const auto usage = usage_of(process);
  if (answer.status != 200 || !usage) return std::nullopt;
  auto sample = server_sample(MetricsText(std::move(answer.body)));
  if (!sample) return std::nullopt;
  sample->resident_bytes = static_cast<double>(usage->resident_bytes);
  sample->descriptors = static_cast<double>(usage->descriptors);
  sample->sockets = static_cast<double>(usage->sockets);
  return sample;
}

Watch::Watch(Target target, pid_t process, std::chrono::milliseconds interval)
    : target_(std::move(target)),
      interval_(interval),
      process_(process),
      thread_([this] { run(); }) {}

Watch::~Watch() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  ended_.notify_all();
  thread_.join();
}

double Watch::now_s() const {
  return std::chrono::duration<double>(Clock::now() - start_).count();
}

void Watch::follow(pid_t process) {
  const std::lock_guard lock(mutex_);
  process_ = process;
}

std::vector<ServerSample> Watch::samples() const {
  const std::lock_guard lock(mutex_);
  return samples_;
}

void Watch::run() {
  auto due = start_;
  std::unique_lock lock(mutex_);
  while (!ended_.wait_until(lock, due, [this] { return is_over_; })) {
    due = std::max(due + interval_, Clock::now());
    const pid_t process = process_;
    lock.unlock();
    auto sample = sample_of(target_, process);
    lock.lock();
    if (!sample) continue;
    sample->at_s = now_s();
    samples_.push_back(*sample);
  }
}

}  // namespace parlance::bench
