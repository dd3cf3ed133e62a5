// A part of the process that runs on threads of its own, started and watched by an actor
// (actors/service_keeper.hpp), so that it is supervised like any other.
//
// Threading: start() and stop() by one caller at a time. `died` is called at most once a start, on
// any thread, after the service's thread has left its work; it must not block.
#pragma once

#include <functional>
#include <string>

namespace parlance {

class Service {
 public:
  using Died = std::function<void(std::string reason)>;

  virtual ~Service() = default;

  // Starts, or starts again after `died`; what was in flight goes on or ends typed.
  virtual void start(Died died) = 0;
};

}  // namespace parlance
