// The knowledge of the agents, searched by words.
//
// storage/fts_index.hpp is the real one, on SQLite FTS5; tests/support/ has one that answers when
// the test lets it.
#pragma once

#include "runtime/base/result.hpp"
#include "runtime/llm/chat.hpp"

#include <cstddef>
#include <functional>
#include <string>

namespace parlance {

struct PassageQuery {
  std::string agent;  // whose knowledge; each agent has an index of its own
  std::string text;   // as the user wrote it
  std::size_t passages_max = 6;
};

// Threading: search() may be called from any thread and returns at once; `found` runs exactly once,
// on a thread of the index's, and must not block. Destroyed after every search has ended.
class PassageIndex {
 public:
  using Found = std::function<void(Result<Passages>)>;

  virtual ~PassageIndex() = default;

  // Nothing found when nothing fits. The frequencies are those of the terms that it looked for, in
  // lower case. Errors: retriever_failed.
  virtual void search(PassageQuery query, Found found) = 0;
};

}  // namespace parlance
