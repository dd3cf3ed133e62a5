// What the routes stand on.
//
// Threading: outlives the router that is made from it, which outlives the server.
#pragma once

#include "net/auth/key_store.hpp"
#include "net/webhooks/webhook_rules.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/graph/agent.hpp"
#include "runtime/llm/kept_answers.hpp"
#include "runtime/metrics/registry.hpp"
#include "runtime/ports/conversations.hpp"
#include "runtime/ports/embeddings.hpp"
#include "runtime/ports/health.hpp"
#include "runtime/ports/ledger.hpp"
#include "runtime/ports/pools.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace parlance::net {

// What may be asked of the models that embed.
struct EmbeddingRules {
  std::vector<std::string> roles;
  std::size_t inputs_max = 512;  // of one request
  std::chrono::milliseconds time_max{60'000};
};

struct Backend {
  Conversations& conversations;
  Ledger& ledger;
  const Agents& agents;
  const KeyStore& keys;
  const Health& health;
  const Registry& registry;
  KeptAnswers& kept_answers;
  const Clock& clock;
  const WebhookRules& webhooks;
  Pools& pools;
  Embeddings& embeddings;
  EmbeddingRules embedding_rules;
  std::chrono::milliseconds start_delay_max;  // of a run that begins later
  std::string version;                        // of Parlance: "0.1.0"
#ifdef NDEBUG
  std::string build = "release";
#else
  std::string build = "debug";
#endif
};

}  // namespace parlance::net
