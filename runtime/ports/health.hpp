// What readiness is made of. app.cpp gathers it; /readyz shows the status alone.
//
// Threading: from any thread.
#pragma once

#include "runtime/base/json.hpp"

#include <string>

namespace parlance {

class Health {
 public:
  virtual ~Health() = default;

  virtual bool ready() const = 0;

  // For operators: each part by name, and what is wrong with it.
  virtual Json details() const = 0;
};

}  // namespace parlance
