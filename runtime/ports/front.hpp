// The HTTP server, as the actor that owns it sees it (actors/front_actor.hpp).
#pragma once

#include "runtime/base/deadline.hpp"

#include <functional>

namespace parlance {

// Threading: drain() may be called from any thread.
class Front {
 public:
  virtual ~Front() = default;

  // Takes nobody else in, lets what is being answered end, and cuts what still runs at the
  // deadline. Then calls `drained`, once, on any thread.
  virtual void drain(Deadline deadline, std::function<void()> drained) = 0;
};

}  // namespace parlance
