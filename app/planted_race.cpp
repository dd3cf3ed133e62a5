#include "app/planted_race.hpp"

#include "actors/messages.hpp"

#include <caf/event_based_actor.hpp>

#include <chrono>

namespace parlance {
namespace {

class RacingActor : public caf::event_based_actor {
 public:
  RacingActor(caf::actor_config& config, int& number)
      : caf::event_based_actor(config),
        number_(number) {}

 protected:
  caf::behavior make_behavior() override {
    delayed_send(this, std::chrono::milliseconds(1), actors::Tick{});
    return {[this](actors::Tick) {
      ++number_;
      delayed_send(this, std::chrono::milliseconds(1), actors::Tick{});
    }};
  }

 private:
  int& number_;
};

}  // namespace

void plant_race(caf::actor_system& system) {
  static int number = 0;
  for (int i = 0; i < 2; ++i)
    system.spawn<RacingActor, caf::hidden>(number);
}

}  // namespace parlance
