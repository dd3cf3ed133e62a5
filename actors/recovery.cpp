#include "actors/recovery.hpp"

#include "runtime/base/log.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <utility>

namespace parlance::actors {
namespace {

constexpr std::size_t page_max = 64;
constexpr std::chrono::milliseconds try_again_after{250};

}  // namespace

Recovery::Recovery(caf::actor_config& config, Journal& journal, ActorConversations& conversations)
    : caf::event_based_actor(config),
      journal_(journal),
      conversations_(conversations) {}

caf::behavior Recovery::make_behavior() {
  next_page();
  return {
      [this](UnfinishedListed& listed) {
        if (!*listed.threads) {
          log_error("recovery_failed", {{"detail", listed.threads->error().detail}});
          return quit();
        }
        const auto& threads = **listed.threads;
        if (threads.empty()) {
          if (woken_ > 0) log_info("recovery_ends", {{"threads", woken_}});
          return quit();
        }
        last_ = threads.back();
        waking_ = threads.size();
        for (const auto& thread : threads)
          wake(thread);
      },
      [this](ThreadWoken& woken) {
        if (woken.error && kind_of(woken.error->code).retry_helps) {
          delayed_send(this, try_again_after, WakeAgain{std::move(woken.thread)});
          return;
        }
        ++woken_;
        if (--waking_ == 0) next_page();
      },
      [this](const WakeAgain& again) { wake(again.thread); },
  };
}

void Recovery::next_page() {
  journal_.unfinished(
      last_,
      page_max,
      [self = caf::actor_cast<caf::actor>(this)](Result<std::vector<ThreadKey>> threads) {
        caf::anon_send(
            self,
            UnfinishedListed{std::make_shared<Result<std::vector<ThreadKey>>>(std::move(threads))});
      });
}

void Recovery::wake(const ThreadKey& thread) {
  conversations_.wake(
      thread, [self = caf::actor_cast<caf::actor>(this), thread](Result<void> woken) {
        caf::anon_send(self,
                       ThreadWoken{thread, woken ? std::nullopt : std::optional(woken.error())});
      });
}

}  // namespace parlance::actors
