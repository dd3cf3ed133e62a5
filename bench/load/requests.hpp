// The bytes of a load run's requests.
//
// All that does not change from turn to turn is built once.
//
// Threading: constant after construction.
#pragma once

#include "bench/load/plan.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace parlance::bench {

class Requests {
 public:
  explicit Requests(const LoadPlan& plan);

  // POST /threads (langgraph).
  const std::string& new_thread() const { return new_thread_; }

  // One turn's request. `thread` is empty for a call without one (openai).
  // A row of a trace says how long text and answer are (the answer: openai only).
  std::string turn(std::uint64_t number,
                   std::string_view thread,
                   const TraceRow* row = nullptr) const;

  // The rest of a run's stream, after the event `last_id`.
  std::string rejoin(std::string_view thread, std::string_view run, std::string_view last_id) const;

  // GET /metrics.
  const std::string& metrics() const { return metrics_; }

  // What the turn says.
  std::string text(std::uint64_t number) const;

  // Of the rows of a trace that share a session; created when it is not there.
  std::string thread_of_session(std::uint64_t session) const;

  // What a right answer holds, escaped as inside a JSON string; empty when it is not checked.
  std::string expected(std::uint64_t number) const;

 private:
  LoadPlan plan_;
  std::string run_name_;        // no other run has it
  std::string headers_;         // the lines after the request line, up to the length
  std::string rejoin_headers_;  // the same of a stream that is resumed, up to the event's id
  std::string metrics_;
  std::string later_tokens_;  // of an answer whose length is known, after the first one
  std::string new_thread_;
  std::string body_head_;  // up to the text
  std::string body_tail_;  // after it, up to the thread (openai) or the end (langgraph)
};

// `text` as it stands between the quotes of a JSON string.
std::string json_escaped(std::string_view text);

// The value of the first member `name` that is a string, as it is escaped; or empty.
std::string_view find_json_string(std::string_view json, std::string_view name);

}  // namespace parlance::bench
