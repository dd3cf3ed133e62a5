// What the server does with its own process.
//
// Threading: end_process and end_process_soon from any thread.
#pragma once

#include "settings/settings.hpp"

#include <string>

namespace parlance {

// Before anything is logged.
void start_log(const LogSettings& log);

// As many descriptors as the system allows: each connection is one.
void raise_descriptor_limit();

// At once, with exit code 70 and the reason in the log.
[[noreturn]] void end_process(const std::string& reason);

// The same after a moment, so that whoever watches the process can see why.
void end_process_soon(const std::string& reason);

}  // namespace parlance
