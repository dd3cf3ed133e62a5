// The door from the network to the models that embed: one call each, without a thread.
//
// net/routes/embeddings.cpp calls it, actors/actor_embeddings.hpp stands behind it.
#pragma once

#include "runtime/base/deadline.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/base/result.hpp"
#include "runtime/llm/embedding.hpp"

#include <functional>
#include <memory>
#include <string>

namespace parlance {

struct EmbeddingRequest {
  TenantId tenant;
  std::string caller_key;  // the id of the key that asks
  std::string role;        // one of the settings' models
  std::shared_ptr<const EmbeddingInput> input;
  Deadline deadline;
  std::string request_id;
};

struct Embedded {
  std::string model;  // that made them, as its provider calls it
  std::shared_ptr<const Vectors> vectors;
  Usage usage;                          // estimated, where the provider tells none
  std::shared_ptr<const void> place{};  // among the answers at once: free when it is let go of
};

// Threading: embed() may be called from any thread and returns at once. `done` runs once, on any
// thread, and must not block.
//
// Bounds: those of the model's lane, and the answers at once. A vector is large, and a client may
// be slow to read it: so an answer has its place from the call on until it is let go of.
class Embeddings {
 public:
  using Answer = std::function<void(Result<Embedded>)>;
  using Leave = std::function<void()>;

  virtual ~Embeddings() = default;

  // What it cost is on disk before `done` runs. What it answers with ends the call (`cancelled`);
  // calling that late does nothing. Errors: model_queue_full, also where no place is free; those of
  // the model pool (ChatProvider, would_miss_deadline, model_unavailable), rate_limited,
  // budget_exhausted, deadline_passed, component_restarted, storage_failed.
  virtual Leave embed(EmbeddingRequest request, Answer done) = 0;
};

}  // namespace parlance
