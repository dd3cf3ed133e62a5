// What a suite works on while it is carried out: its server and mock, and what it has found out.
//
// Threading: the suite's one thread.
#pragma once

#include "bench/stand/stand.hpp"
#include "bench/suites/findings.hpp"
#include "bench/suites/watch.hpp"
#include "runtime/base/json.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace parlance::bench {

struct SuiteBed {
  Stand& stand;
  Target target;
  Watch& watch;
  Findings findings;

  std::optional<double> number(const std::string& name) const;

  // Notes what the server says of itself, and the kernel of it, as `<moment>.resident_bytes` and so
  // on, the counters of its /metrics too. Nothing of a server that does not answer.
  std::optional<ServerSample> note_moment(const std::string& moment);

  // The server's answer, or the mock's; discarded for none that is JSON.
  Json ask_server(std::string_view path) const;
  Json ask_mock(std::string_view path) const;
};

}  // namespace parlance::bench
