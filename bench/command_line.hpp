// What was asked for on the command line.
//
// Threading: pure function.
#pragma once

#include "bench/load/expectation.hpp"
#include "bench/load/find_max.hpp"
#include "bench/load/plan.hpp"
#include "bench/mock/settings.hpp"
#include "bench/suites/suite_run.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace parlance::bench {

struct MockCommand {
  std::uint16_t port = 0;
  MockSettings settings;
};

struct RunCommand {
  LoadPlan plan;
  std::vector<Expectation> expectations;  // else the exit code is 1
  std::string json_file;  // empty: none; "-": standard output, in place of the table
  std::string html_file;  // empty: none, here and below
  std::string csv_file;
  std::string junit_file;
  bool dry_run = false;
  bool quiet = false;  // nothing is shown while it goes on
};

struct DemoCommand {
  std::string server;  // the program; empty: beside this one
  std::string html_file = "parlance-demo.html";
};

// Two servers under the same load by turns, or reports of earlier runs.
struct CompareCommand {
  LoadPlan plan;                  // of the base; without a changed_url it is not run
  std::optional<Target> changed;  // where the other server is
  std::vector<std::string> base_files;
  std::vector<std::string> changed_files;
  std::uint32_t rounds = 5;
  double noise = 0.05;
};

// Server, mock and load, and what is asked of them.
struct SuiteCommand {
  std::string name;
  std::optional<std::chrono::milliseconds> time;  // of its load; none: the short form
  SuiteOptions options;
  std::string json_file;  // empty: none
  std::string html_file;
};

// What sizes a server wants, by the report of a run or by watching it for `time`.
struct AdviseCommand {
  std::string report_file;  // empty: `target` is watched
  Target target;
  std::string key;
  std::chrono::milliseconds time{30'000};
  std::optional<std::chrono::milliseconds> wait;  // that is allowed; none: by the report's SLOs
  std::string configuration_file;                 // the server's; empty: unknown
  std::string advised_file;  // that configuration with the advice in it; empty: none
  std::string json_file;     // empty: none; "-": standard output, in place of the table
  std::string earlier_file;  // an advice whose expectations are held against this; empty: none
};

struct FindMaxCommand {
  LoadPlan plan;  // but for its clients
  FindMaxPlan search;
};

// Nothing is to be run: help was asked for (code 0, text for standard output), or the usage is
// wrong (code 2, text for standard error).
struct ExitCommand {
  int code = 0;
  std::string text;
};

using Command = std::variant<MockCommand,
                             RunCommand,
                             FindMaxCommand,
                             CompareCommand,
                             DemoCommand,
                             SuiteCommand,
                             AdviseCommand,
                             ExitCommand>;

// `arguments` without the program's name.
Command read_command_line(std::span<const std::string_view> arguments);

}  // namespace parlance::bench
