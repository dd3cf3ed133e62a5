// What a node decided, as the kind of action that the test expects.
#pragma once

#include "runtime/base/result.hpp"
#include "runtime/graph/node.hpp"

#include <catch2/catch.hpp>

#include <utility>
#include <variant>

namespace parlance::tests {

// Fails the test when it is an error or another kind.
template <class T>
T as(Result<Action> action) {
  if (!action) FAIL(action.error().detail);
  REQUIRE(std::holds_alternative<T>(*action));
  return std::get<T>(std::move(*action));
}

}  // namespace parlance::tests
