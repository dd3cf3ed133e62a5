// Where answers that are kept (runtime/llm/kept_answers.hpp) outlive the process.
//
// storage/rocks_journal.hpp is the real one; tests/support/fake_answer_store.hpp keeps what it is
// told.
#pragma once

#include "runtime/base/result.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace parlance {

struct AnswerKey {
  std::string tenant;
  std::string identity;  // of the call: runtime/llm/call_identity.hpp

  bool operator==(const AnswerKey&) const = default;
};

struct KeptAnswer {
  AnswerKey key;
  std::string model;  // that answered
  std::string text;
  std::int64_t until_ms = 0;  // since 1970

  bool operator==(const KeptAnswer&) const = default;
};

// Threading: every call may come from any thread and returns at once; what is told first is done
// first. `done` runs on a thread of the store's, or within the call; it does nothing but hand over.
//
// Bounds: those of who tells it.
class AnswerStore {
 public:
  using Forgotten = std::function<void(Result<void>)>;

  virtual ~AnswerStore() = default;

  // In place of the one of that key. Nobody waits for it, and a crash may take it back.
  virtual void keep(const KeptAnswer& answer) = 0;

  // A crash may take it back.
  virtual void remove(const AnswerKey& key) = 0;

  // All of a tenant, or with an empty name all. When it is done no crash takes it back.
  virtual void forget(const std::string& tenant, Forgotten done) = 0;
};

}  // namespace parlance
