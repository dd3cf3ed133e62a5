// `parlance top`: the model pool and the threads of a running server, live.
//
// On a terminal the screen is painted anew each time; elsewhere lines are written, sample after
// sample. It asks /v1/admin/pools, /metrics and /readyz, and changes nothing.
//
// Threading: runs on the caller's thread, until it is ended from outside.
#pragma once

#include "net/client/url.hpp"

#include <chrono>
#include <string>

namespace parlance::net {

struct TopOptions {
  Url url;
  std::string key;  // with the scope admin; empty: the server takes none
  std::chrono::milliseconds every{1'000};
  bool once = false;
};

// An exit code: 0 after `once`, 1 when the server cannot be reached or refuses (the reason is on
// standard error). A server that is gone later on is waited for.
int run_top(const TopOptions& options);

}  // namespace parlance::net
