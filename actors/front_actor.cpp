#include "actors/front_actor.hpp"

#include "runtime/base/log.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <utility>

namespace parlance::actors {
namespace {

// Of the drain time: after it, what still streams is told to come back.
constexpr double close_streams_at = 0.8;

}  // namespace

FrontActor::FrontActor(caf::actor_config& config,
                       Front& front,
                       std::vector<std::shared_ptr<PartSlot>> directories,
                       const Clock& clock,
                       std::function<void()> finished)
    : caf::event_based_actor(config),
      front_(front),
      directories_(std::move(directories)),
      clock_(clock),
      finished_(std::move(finished)) {}

caf::behavior FrontActor::make_behavior() {
  return {
      [this](const Drain& drain) {
        log_info("drain_begins");
        for (const auto& slot : directories_) {
          const auto directory = slot->part().actor;
          if (!directory) continue;
          ++directories_left_;
          send(directory, drain);
        }
        front_.drain(drain.deadline, [self = caf::actor_cast<caf::actor>(this)] {
          caf::anon_send(self, FrontDrained{});
        });
        const auto left = std::chrono::duration<double>(drain.deadline.left(clock_.now()));
        delayed_send(this,
                     std::chrono::duration_cast<std::chrono::milliseconds>(left * close_streams_at),
                     CloseStreams{});
      },
      [this](Drained) {
        if (directories_left_ > 0) --directories_left_;
        finish_if_done();
      },
      [this](CloseStreams close) {
        for (const auto& slot : directories_) {
          if (const auto directory = slot->part().actor) anon_send(directory, close);
        }
        directories_left_ = 0;
        finish_if_done();
      },
      [this](FrontDrained) {
        front_drained_ = true;
        finish_if_done();
      },
  };
}

void FrontActor::finish_if_done() {
  if (!front_drained_ || directories_left_ > 0 || !finished_) return;
  log_info("drain_ends");
  std::exchange(finished_, nullptr)();
}

}  // namespace parlance::actors
