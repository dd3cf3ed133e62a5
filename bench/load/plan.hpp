// What a load run is to do.
//
// Threading: plain data.
#pragma once

#include "runtime/base/json.hpp"
#include "runtime/base/result.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parlance::bench {

enum class Surface : std::uint8_t { langgraph, openai };
enum class AnswerMode : std::uint8_t { wait, stream };
enum class Arrivals : std::uint8_t { constant, poisson };

// What an answer is held against.
enum class AnswerCheck : std::uint8_t {
  none,
  echo,  // the text after "echo: "
  mock,  // the text's first 40 characters, as the mock provider begins
};

// http://HOST[:PORT][/PATH]
struct Target {
  std::string host = "127.0.0.1";
  std::string port = "8080";
  std::string path;  // in front of every path, without a slash at its end
};

Result<Target> parse_target(std::string_view url);

struct LoadPlan {
  Target target;
  std::string key;  // sent as `Authorization: Bearer` (openai) or `x-api-key` (langgraph)
  Surface surface = Surface::langgraph;
  std::string agent = "echo";
  AnswerMode mode = AnswerMode::wait;
  std::string text = "hello {n}";  // {n} becomes the turn's number
  Json input = Json::object();     // further members of a LangGraph run's input
  AnswerCheck check = AnswerCheck::echo;

  std::size_t clients = 64;
  std::uint64_t turns = 0;                            // 0: as many as fit into the time
  std::optional<std::chrono::milliseconds> time_max;  // no turn begins after it
  std::size_t turns_per_thread = 5;                   // 0: no threads (openai only)

  double turns_per_second = 0;  // above 0: an open loop, which does not wait for answers
  Arrivals arrivals = Arrivals::constant;

  std::size_t burst = 0;    // above 0: so many turns at one moment, and nothing else
  bool one_thread = false;  // all turns of the burst on one thread

  std::chrono::milliseconds timeout{60'000};  // of each request
  bool obey_retry_after = false;              // a refused client waits as long as it was told
  std::uint64_t seed = 1;
};

}  // namespace parlance::bench
