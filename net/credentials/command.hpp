// A program that is run for what it prints.
//
// Threading: from any thread; blocks until the program has ended or was killed.
#pragma once

#include "runtime/base/result.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace parlance::net {

// What `command` (the program, by its path or its name in PATH, and its arguments) prints, up to
// bytes_max. It reads nothing, and its standard error is the server's. invalid_value, without what
// it printed: it does not start, takes longer than time_max, or ends with another status than
// 0. What it leaves in the background, or has not done in time, is killed.
Result<std::string> output_of(const std::vector<std::string>& command,
                              std::chrono::milliseconds time_max,
                              std::size_t bytes_max);

}  // namespace parlance::net
