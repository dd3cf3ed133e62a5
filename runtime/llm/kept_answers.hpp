// Answers that are given again to those who ask the same (runtime/llm/call_identity.hpp), for a
// while. An agent asks for it; nothing is kept otherwise.
//
// An answer is kept when it came to its own end: whole, no refusal, no calls to tools. What it was
// made of (prompt, passages, conversation) is in the identity, so that it is not found any more
// once that has changed. All of them are in memory; a store is told of each that comes and each
// that leaves, so that the next process can load them.
//
// Bounds: about bytes_max; the least recently used leave. forget() looks at all of them.
// Threading: safe.
#pragma once

#include "runtime/limits/lru_map.hpp"
#include "runtime/llm/chat.hpp"
#include "runtime/ports/answer_store.hpp"

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

namespace parlance {

class KeptAnswers {
 public:
  // How many there were in memory. Errors: those of the store.
  using Forgotten = std::function<void(Result<std::uint64_t>)>;

  // Without a store they begin anew with the process.
  explicit KeptAnswers(std::uint64_t bytes_max, AnswerStore* store = nullptr)
      : bytes_max_(bytes_max),
        store_(store) {}

  // What the store had. One whose time is over is left out.
  void load(KeptAnswer answer, std::int64_t now_ms);

  // With a usage of 0, and marked as kept. None when there is none, or its time is over.
  std::optional<ChatAnswer> find(const std::string& identity, std::int64_t now_ms);

  // How often forget() was called.
  std::uint64_t forgets() const;

  // Keeps it if it is one that may be. `forgets_before`: before it was asked for; what was under
  // way when others were forgotten is not kept.
  void keep(const AnswerKey& key,
            const ChatAnswer& answer,
            std::int64_t until_ms,
            std::uint64_t forgets_before);

  // All of a tenant, or with an empty name all: none of them is found from now on, and when `done`
  // is told, by the store, none is there after a crash either.
  void forget(const std::string& tenant, Forgotten done);

  std::uint64_t bytes() const;
  std::uint64_t size() const;

 private:
  // What follows is called with mutex_ held.

  // False: there is no room for it.
  bool add(KeptAnswer answer);
  void remove(const std::string& identity);
  void has_left(const KeptAnswer& answer);

  mutable std::mutex mutex_;
  const std::uint64_t bytes_max_;
  AnswerStore* const store_;
  LruMap<KeptAnswer> answers_;  // by identity; all below: guarded by mutex_
  std::uint64_t bytes_ = 0;
  std::uint64_t forgets_ = 0;
};

}  // namespace parlance
