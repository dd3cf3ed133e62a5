// One call that embeds, from its place in the model pool to its charge: what a thread's turn does
// with a call, without the thread.
//
//   asks the pool --> admitted --> reserved, on disk --> proceeds --> answered --> charged, on disk
//                                                                                       --> done
//
// Where nobody has a budget, nothing is reserved and it proceeds at once. It is charged as every
// call is (actors/charge.hpp), under a thread without a name.
//
// Threading: an actor, which ends with its call. Bounds: its deadline.
#pragma once

#include "actors/charge.hpp"
#include "actors/money.hpp"
#include "actors/part_slot.hpp"
#include "actors/webhooks.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/ports/embeddings.hpp"

#include <caf/event_based_actor.hpp>

#include <cstdint>
#include <memory>
#include <optional>

namespace parlance::actors {

// What a call works with. Everything outlives every call.
struct EmbeddingTools {
  Journal& journal;
  const Clock& clock;
  std::shared_ptr<PartSlot> llm_pool;
  Money& money;
  Webhooks& webhooks;
  std::uint64_t epoch = 0;  // of this process's rows in the ledger: when it began, since 1970
};

class EmbeddingCall : public caf::event_based_actor {
 public:
  EmbeddingCall(caf::actor_config& config,
                const EmbeddingTools& tools,
                EmbeddingRequest request,
                Embeddings::Answer tells);

  const char* name() const override { return "embedding_call"; }

 protected:
  caf::behavior make_behavior() override;
  void on_exit() override;

 private:
  bool ask();
  LedgerRow row() const;
  void admitted(const CallAdmitted& report);
  std::optional<Error> reserve();
  void proceed();
  void answered(const Answered& report);
  void stop(Error error);
  // Writes what the call came to, and then answers with `outcome`.
  void charge(CallCost cost, Result<Embedded> outcome);
  void write(Charges charges, const Amount& change, WaitingDeliveries webhooks);
  void written(AppendOutcome outcome);
  void finish(Result<Embedded> outcome);
  void tell(Result<Embedded> outcome);

  const EmbeddingTools tools_;
  EmbeddingRequest request_;
  std::shared_ptr<const ChatRequest> asked_;
  Embeddings::Answer done_;  // null once it was called
  const std::uint64_t call_;
  caf::actor pool_;
  std::optional<Charge> charge_;  // from its admission on
  bool reserved_ = false;         // on disk
  bool proceeded_ = false;
  bool charged_ = false;                     // what it came to is being written
  std::optional<Result<Embedded>> outcome_;  // answered when that is on disk
};

}  // namespace parlance::actors
