// A ChatProvider without a network: the offline model (runtime/llm/extractive.hpp) behind the same
// pool as any other, streaming its answer word by word.
//
// Threading: as ChatProvider. Each call is a short-lived actor.
// Bounds: as many calls at once as its lane allows.
#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/ports/chat_provider.hpp"

#include <caf/actor_system.hpp>

#include <chrono>

namespace parlance::actors {

struct OfflineOptions {
  std::chrono::milliseconds piece_delay{5};  // between words, as a model would
};

class OfflineProvider : public ChatProvider {
 public:
  OfflineProvider(caf::actor_system& system, OfflineOptions options)
      : system_(system),
        options_(options) {}

  CancelCall start(ProviderCall call, ProviderReports reports) override;

 private:
  caf::actor_system& system_;
  const OfflineOptions options_;
};

}  // namespace parlance::actors
