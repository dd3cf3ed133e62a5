#include "storage/open_threads.hpp"

#include <algorithm>

namespace parlance::storage {

std::optional<OpenThread> OpenThreads::find(std::string_view thread) const {
  const std::scoped_lock lock(mutex_);
  const auto found = threads_.find(thread);
  if (found == threads_.end()) return std::nullopt;
  return found->second;
}

void OpenThreads::begin_opening(const std::string& thread) {
  const std::scoped_lock lock(mutex_);
  ++threads_[thread].opening;
}

bool OpenThreads::begin_first_opening(const std::string& thread) {
  const std::scoped_lock lock(mutex_);
  return threads_.try_emplace(thread, OpenThread{.opening = 1}).second;
}

std::uint64_t OpenThreads::end_opening(const std::string& thread,
                                       std::uint64_t stored_epoch,
                                       OpenThread state) {
  const std::scoped_lock lock(mutex_);
  OpenThread& entry = threads_[thread];
  state.epoch = std::max(entry.epoch, stored_epoch) + 1;
  state.opening = entry.opening - 1;
  entry = state;
  return entry.epoch;
}

void OpenThreads::fail_opening(const std::string& thread) {
  const std::scoped_lock lock(mutex_);
  const auto found = threads_.find(thread);
  if (--found->second.opening == 0) threads_.erase(found);
}

void OpenThreads::advance(const std::string& thread, const OpenThread& state) {
  const std::scoped_lock lock(mutex_);
  const auto found = threads_.find(thread);
  if (found == threads_.end()) return;
  const std::uint32_t opening = found->second.opening;
  found->second = state;
  found->second.opening = opening;
}

void OpenThreads::release(const std::string& thread, std::uint64_t epoch) {
  const std::scoped_lock lock(mutex_);
  const auto found = threads_.find(thread);
  if (found == threads_.end()) return;
  if (found->second.epoch == epoch && found->second.opening == 0) threads_.erase(found);
}

bool OpenThreads::running(std::string_view thread, std::uint64_t incarnation) const {
  const auto entry = find(thread);
  return entry && entry->running && entry->incarnation == incarnation;
}

std::size_t OpenThreads::size() const {
  const std::scoped_lock lock(mutex_);
  return threads_.size();
}

}  // namespace parlance::storage
