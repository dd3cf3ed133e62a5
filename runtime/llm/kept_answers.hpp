// Answers that are given again to those who ask the same (runtime/llm/call_identity.hpp), for a
// while. An agent asks for it; nothing is kept otherwise.
//
// An answer is kept when it came to its own end: whole, no refusal, no calls to tools. What it was
// made of (prompt, passages, conversation) is in the identity, so that it is not found any more
// once that has changed. They are kept in memory, and begin anew with the process.
//
// Bounds: about bytes_max; the least recently used leave.
// Threading: safe.
#pragma once

#include "runtime/limits/lru_map.hpp"
#include "runtime/llm/chat.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

namespace parlance {

class KeptAnswers {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit KeptAnswers(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

  // With a usage of 0, and marked as kept. None when there is none, or its time is over.
  std::optional<ChatAnswer> find(const std::string& identity, Time now);

  // Keeps it if it is one that may be.
  void keep(const std::string& identity, ChatAnswer answer, Time until);

  std::uint64_t bytes() const;

 private:
  struct Kept {
    ChatAnswer answer;
    Time until{};
    std::uint64_t bytes = 0;
  };

  void remove(const std::string& identity);

  mutable std::mutex mutex_;
  const std::uint64_t bytes_max_;
  LruMap<Kept> answers_;  // both: guarded by mutex_
  std::uint64_t bytes_ = 0;
};

}  // namespace parlance
