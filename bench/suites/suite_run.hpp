// Carries a Suite out: starts server and mock, puts the stages' load on them one after the other,
// watches, waits until all is given back, and judges.
//
// Threading: one caller at a time; loads run on a thread of their own.
#pragma once

#include "bench/load/load_run.hpp"
#include "bench/suites/suite.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace parlance::bench {

struct SuiteOptions {
  std::string server;                   // the program; empty: beside this one
  Json configuration = Json::object();  // merged into the suite's (RFC 7386)
  Json mock = Json::object();           // settings of the mock that every stage keeps
};

struct SuiteResult {
  std::string name;
  Findings findings;
  std::vector<CheckResult> checks;
  std::vector<Shown> shown;
  std::optional<std::string> invalid_because;

  bool held(CheckKind kind) const;
};

// Told of each stage as it begins, and of its load as it goes on. Must not block.
struct SuiteProgress {
  std::function<void(const Stage&)> stage;
  OnProgress load;
};

// An error when the stand could not be started or asked.
Result<SuiteResult> run_suite(const Suite& suite,
                              const SuiteOptions& options,
                              const SuiteProgress& progress = {});

}  // namespace parlance::bench
