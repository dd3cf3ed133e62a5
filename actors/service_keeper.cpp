#include "actors/service_keeper.hpp"

#include "runtime/base/log.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

namespace parlance::actors {

ServiceKeeper::ServiceKeeper(caf::actor_config& config, Service& service)
    : caf::event_based_actor(config),
      service_(service) {}

caf::behavior ServiceKeeper::make_behavior() {
  service_.start([self = caf::actor_cast<caf::actor>(this)](std::string reason) {
    caf::anon_send(self, ServiceDied{std::move(reason)});
  });
  return {[this](ServiceDied& died) {
    log_warn("service_died", {{"reason", died.reason}});
    quit(caf::exit_reason::unhandled_exception);
  }};
}

}  // namespace parlance::actors
