// Embeddings, as actors make them: one for each call.
//
// Threading: as Embeddings.
#pragma once

#include "actors/embedding_call.hpp"

#include <caf/actor_system.hpp>

namespace parlance::actors {

class ActorEmbeddings : public Embeddings {
 public:
  // `system` outlives it, and every call.
  ActorEmbeddings(caf::actor_system& system, EmbeddingTools tools)
      : system_(system),
        tools_(std::move(tools)) {}

  Leave embed(EmbeddingRequest request, Answer done) override;

 private:
  caf::actor_system& system_;
  const EmbeddingTools tools_;
};

}  // namespace parlance::actors
