// What a suite works on while it is carried out: its server and mock, and what it has found out.
//
// Threading: the suite's one thread.
#pragma once

#include "bench/stand/stand.hpp"
#include "bench/suites/crowd.hpp"
#include "bench/suites/findings.hpp"
#include "bench/suites/watch.hpp"
#include "runtime/base/json.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace parlance::bench {

struct SuiteBed {
  Stand& stand;
  Target target;
  Watch& watch;
  Findings findings;
  std::unique_ptr<Crowd> crowd;  // or none

  std::optional<double> number(const std::string& name) const;
  // Of two numbers; one that is not there counts as 0.
  double difference(const std::string& most, const std::string& least) const;

  // Notes what the server says of itself, and the kernel of it, as `<moment>.resident_bytes` and so
  // on, the counters of its /metrics too. Nothing of a server that does not answer.
  std::optional<ServerSample> note_moment(const std::string& moment);

  // The server's answer, or the mock's; discarded for none that is JSON.
  Json ask_server(std::string_view path) const;
  Json ask_mock(std::string_view path) const;
};

}  // namespace parlance::bench
