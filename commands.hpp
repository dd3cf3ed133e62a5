// The command line: `parlance serve|check|keys|top|settings|version`.
#pragma once

namespace parlance {

// Exit codes: 0 done, 1 the command failed (the reason is on standard error), 2 wrong usage, 70 the
// server ended itself (the reason is in the log).
int run_command(int argc, char** argv);

}  // namespace parlance
