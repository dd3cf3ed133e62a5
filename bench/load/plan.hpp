// What a load run is to do.
//
// Threading: plain data.
#pragma once

#include "bench/load/slo.hpp"
#include "runtime/base/json.hpp"
#include "runtime/base/result.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parlance::bench {

enum class Surface : std::uint8_t { langgraph, openai };
enum class AnswerMode : std::uint8_t { wait, stream };
// Of the time between arrivals: all alike; exponential; gamma, bursty or smooth.
enum class Arrivals : std::uint8_t { constant, poisson, gamma };

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

// Arrivals a second, changing evenly over `time`.
struct RateStep {
  double from = 0;
  double to = 0;
  std::optional<std::chrono::milliseconds> time;  // none: without an end, and then `from` is `to`
};

// Uniform from `least` to `most`; exponential with the mean `most` where `least` is negative.
struct ThinkTime {
  std::chrono::milliseconds least{0};
  std::chrono::milliseconds most{0};
};

// One request of a recorded load.
struct TraceRow {
  std::chrono::microseconds at{0};  // after the first one
  std::uint32_t input_tokens = 0;
  std::uint32_t output_tokens = 0;
  std::uint64_t session = 0;  // rows of one session share it; 0: a session of its own
};

struct LoadPlan {
  Target target;
  std::string key;  // sent as `Authorization: Bearer` (openai) or `x-api-key` (langgraph)
  std::vector<std::string> headers;  // of each request besides, "NAME: VALUE"
  Surface surface = Surface::langgraph;
  std::string agent = "echo";
  AnswerMode mode = AnswerMode::wait;
  std::string text = "hello {n}";  // {n} becomes the turn's number
  Json input = Json::object();     // further members of a LangGraph run's input
  AnswerCheck check = AnswerCheck::echo;
  std::uint32_t answer_tokens = 0;  // of the mock's answers, to check all of them; 0: unknown

  std::size_t clients = 64;
  std::uint64_t turns = 0;                            // 0: as many as fit into the time
  std::optional<std::chrono::milliseconds> time_max;  // no turn begins after it
  std::size_t turns_per_thread = 5;                   // 0: no threads (openai only)

  // Any: an open loop, which does not wait for answers.
  std::vector<RateStep> rates;
  Arrivals arrivals = Arrivals::constant;
  double burstiness = 1;  // of gamma arrivals, its shape: below 1 bursty, 1 as poisson
  bool sessions = false;  // what arrives is a session: turns_per_thread turns, one after the other
  ThinkTime think_time;   // between the turns of a session, or of a closed loop's client
  std::shared_ptr<const std::vector<TraceRow>> trace;  // in place of rates
  std::string trace_file;                              // that it was read from
  double time_scale = 1;  // it runs so many times as fast as it was recorded

  std::vector<Slo> slos;  // a good turn finishes and keeps all of them

  std::size_t burst = 0;    // above 0: so many turns at one moment, and nothing else
  bool one_thread = false;  // all turns of the burst on one thread

  std::chrono::milliseconds timeout{60'000};  // of each request
  bool obey_retry_after = false;              // a refused client waits as long as it was told
  bool reconnect = false;  // streams that break are resumed, requests sent again under their key
  std::uint64_t seed = 1;

  bool open() const { return !rates.empty() || trace != nullptr; }
};

}  // namespace parlance::bench
