// Embeddings, as actors make them: one for each call.
//
// Bounds: the answers that are let in at once; who comes beyond them is told model_queue_full.
// Threading: as Embeddings.
#pragma once

#include "actors/embedding_call.hpp"
#include "runtime/limits/tenant_gate.hpp"

#include <caf/actor_system.hpp>

namespace parlance::actors {

class ActorEmbeddings : public Embeddings {
 public:
  // `system` outlives it, and every call.
  ActorEmbeddings(caf::actor_system& system, EmbeddingTools tools, TenantGate answers)
      : system_(system),
        tools_(std::move(tools)),
        answers_(std::move(answers)) {}

  Leave embed(EmbeddingRequest request, Answer done) override;

 private:
  caf::actor_system& system_;
  const EmbeddingTools tools_;
  TenantGate answers_;
};

}  // namespace parlance::actors
