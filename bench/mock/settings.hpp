// How the mock provider behaves: how long its answers are, how fast, and what goes wrong.
//
// One setting has one name and one text form everywhere: `--token-delay 20ms` on the command line,
// `{"token_delay":"20ms"}` at POST /mock/settings, and for some `x-mock-token-delay: 20ms` on one
// request.
//
// Threading: plain data.
#pragma once

#include "runtime/base/json.hpp"
#include "runtime/base/result.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace parlance::bench {

enum class MockFaultKind : std::uint8_t {
  status,   // answers with an HTTP error
  hang,     // takes the request and never answers
  stall,    // half an answer, then silence
  cut,      // half an answer, then the socket is closed
  reset,    // half an answer, then the socket is reset
  garbage,  // a piece that is not JSON
  error,    // half a stream, then `data: {"error":…}`; without a stream, status 500
  slow,     // all delays are ten times as long
  no_done,  // a whole stream without `data: [DONE]`
  misfit,   // where JSON is asked for, other JSON
  brief,    // half an answer that ends as a whole one does
  foreign,  // a whole answer, but to something else
  no_usage  // a whole stream that does not say what it costs (OpenAI)
};

struct MockFault {
  MockFaultKind kind = MockFaultKind::status;
  unsigned status = 0;  // with `status` only

  bool operator==(const MockFault&) const = default;
};

// "429", "hang", …
Result<MockFault> parse_fault(std::string_view text);
std::string to_text(const MockFault& fault);

struct MockSettings {
  std::uint32_t tokens = 20;  // of each answer; a request's own max_tokens is a second limit
  std::chrono::milliseconds first_token_delay{200};
  std::chrono::milliseconds token_delay{20};

  std::vector<MockFault> faults;      // each faulty request gets one of them
  double fault_share = 1;             // of all requests; by seed and order of arrival
  std::uint64_t fault_count_max = 0;  // so many faults and no more; 0: no limit
  std::string fault_model;            // requests of this model alone; empty: of every model
  std::uint64_t seed = 1;

  std::uint32_t slots = 0;  // answers at once; 0: no limit
  std::uint32_t queue = 0;  // requests that wait for a slot; the next one is refused with 429
  std::chrono::milliseconds retry_after{1'000};  // the advice of 429 and 503

  std::uint64_t requests_per_minute = 0;  // what is beyond is refused with 429; 0: no limit
  std::uint64_t tokens_per_minute = 0;
  bool limit_headers = true;  // each answer says what is left of them, in the API's headers

  std::uint32_t cached = 0;  // tokens of each prompt that are told as read from a cache, at most

  std::string key;  // when not empty, it is asked for, where the API's clients put it
};

// Sets one by its name, with `_` or `-` ("token_delay", "20ms"). Durations without a unit are
// milliseconds. Errors name the setting.
Result<void> set(MockSettings& settings, std::string_view name, std::string_view text);

// Sets all members of an object, or none of them.
Result<void> set_all(MockSettings& settings, const Json& values);

Json to_json(const MockSettings& settings);

}  // namespace parlance::bench
