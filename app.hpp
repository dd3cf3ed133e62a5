// The server, whole: every part, who gets it, and the order in which they start and end.
//
// Read App::Parts in app.cpp top to bottom: it is the wiring, and its reverse is the shutdown. What
// the parts are made of that comes from the settings is in app/.
#pragma once

#include "app/keys.hpp"
#include "runtime/base/result.hpp"

#include "settings/settings.hpp"

#include <memory>

namespace parlance {

const char* version();  // "0.1.0+abc1234"

class App {
 public:
  // Opens the store, starts every part, and listens. Errors say what the operator has to change.
  static Result<std::unique_ptr<App>> make(Settings settings, Mode mode);
  ~App();

  // Prints the ready line on standard output and serves until SIGTERM or SIGINT, then drains.
  // Returns the process's exit code. A part that cannot be kept running ends the process from
  // within, with exit code 70 and the reason in the log.
  int run();

 private:
  struct Parts;

  explicit App(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace parlance
