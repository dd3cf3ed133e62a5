#include "actors/offline_provider.hpp"

#include "actors/messages.hpp"
#include "runtime/llm/extractive.hpp"
#include "runtime/llm/text.hpp"

#include <caf/actor_cast.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include <utility>
#include <vector>

namespace parlance::actors {
namespace {

class OfflineCall : public caf::event_based_actor {
 public:
  OfflineCall(caf::actor_config& config,
              ProviderCall call,
              ProviderReports reports,
              OfflineOptions options)
      : caf::event_based_actor(config),
        call_(std::move(call)),
        reports_(std::move(reports)),
        options_(options) {}

  const char* name() const override { return "offline_call"; }

 protected:
  caf::behavior make_behavior() override {
    answer_ = answer_from_passages(call_.request);
    pieces_ = pieces_of(answer_.text);
    anon_send(this, Tick{});
    return {
        [this](Tick) {
          if (next_ == pieces_.size()) return end(std::move(answer_));
          reports_.said({pieces_[next_++]}, false);
          delayed_send(this, options_.piece_delay, Tick{});
        },
        [this](Abandon) {
          end(Error{ErrorCode::cancelled, "the call was cancelled", {}, {}});
        },
    };
  }

  void on_exit() override {
    if (reports_.ended) end(Error{ErrorCode::provider_failed, "the offline model failed", {}, {}});
  }

 private:
  void end(Result<ChatAnswer> answer) {
    if (auto ended = std::exchange(reports_.ended, nullptr)) ended(std::move(answer));
    reports_.said = nullptr;
    quit();
  }

  const ProviderCall call_;
  ProviderReports reports_;
  const OfflineOptions options_;
  ChatAnswer answer_;
  std::vector<std::string> pieces_;
  std::size_t next_ = 0;
};

}  // namespace

CancelCall OfflineProvider::start(ProviderCall call, ProviderReports reports) {
  const auto actor = system_.spawn<OfflineCall>(std::move(call), std::move(reports), options_);
  return [address = caf::actor_cast<caf::actor_addr>(actor)] {
    if (auto running = caf::actor_cast<caf::actor>(address)) caf::anon_send(running, Abandon{});
  };
}

}  // namespace parlance::actors
