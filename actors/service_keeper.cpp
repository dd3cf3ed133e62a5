#include "actors/service_keeper.hpp"

#include "runtime/base/log.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

namespace parlance::actors {

ServiceKeeper::ServiceKeeper(caf::actor_config& config, Service& service)
    : caf::event_based_actor(config),
      service_(service) {}

caf::behavior ServiceKeeper::make_behavior() {
  // By address: the service must not keep its keeper from going.
  service_.start([self = address()](std::string reason) {
    const auto keeper = caf::actor_cast<caf::actor>(self);
    if (keeper) caf::anon_send(keeper, ServiceDied{std::move(reason)});
  });
  return {[this](ServiceDied& died) {
    log_warn("service_died", {{"reason", died.reason}});
    quit(caf::exit_reason::unhandled_exception);
  }};
}

}  // namespace parlance::actors
