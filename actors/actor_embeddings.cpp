#include "actors/actor_embeddings.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <chrono>
#include <memory>
#include <utility>

namespace parlance::actors {

Embeddings::Leave ActorEmbeddings::embed(EmbeddingRequest request, Answer done) {
  const auto place = std::make_shared<TenantGate::Ticket>(answers_.try_enter(request.tenant));
  if (!*place) {
    done(Error{ErrorCode::model_queue_full,
               "too many answers of embeddings are under way",
               {},
               std::chrono::seconds(1)});
    return [] {};
  }
  const auto call = system_.spawn<EmbeddingCall>(
      tools_, std::move(request), [place, done = std::move(done)](Result<Embedded> outcome) {
        if (outcome) outcome->place = place;
        done(std::move(outcome));
      });
  return [address = caf::actor_cast<caf::actor_addr>(call)] {
    if (const auto running = caf::actor_cast<caf::actor>(address))
      caf::anon_send(running, Abandon{});
  };
}

}  // namespace parlance::actors
