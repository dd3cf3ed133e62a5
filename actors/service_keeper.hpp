// Stands for a Service (runtime/ports/service.hpp) among the supervised: starts it, and dies with
// it.
//
// Threading: an actor; the service's own thread reports its end as a message.
#pragma once

#include "actors/messages.hpp"
#include "runtime/ports/service.hpp"

#include <caf/event_based_actor.hpp>

namespace parlance::actors {

class ServiceKeeper : public caf::event_based_actor {
 public:
  // The service outlives every keeper of it.
  ServiceKeeper(caf::actor_config& config, Service& service);

  const char* name() const override { return "service_keeper"; }

 protected:
  caf::behavior make_behavior() override;

 private:
  Service& service_;
};

}  // namespace parlance::actors
