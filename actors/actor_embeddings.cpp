#include "actors/actor_embeddings.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <utility>

namespace parlance::actors {

Embeddings::Leave ActorEmbeddings::embed(EmbeddingRequest request, Answer done) {
  const auto call = system_.spawn<EmbeddingCall>(tools_, std::move(request), std::move(done));
  return [address = caf::actor_cast<caf::actor_addr>(call)] {
    if (const auto running = caf::actor_cast<caf::actor>(address))
      caf::anon_send(running, Abandon{});
  };
}

}  // namespace parlance::actors
