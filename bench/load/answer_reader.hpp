// Judges what came back for a turn, at little cost: it looks for the members that matter instead of
// parsing whole answers.
//
// A stream is read piece by piece: `take` notes when text came, and collects the text, an error and
// the end. Text that is escaped stays escaped; the expected text is, too.
//
// Threading: one caller at a time.
// Bounds: 1 MiB of one event, 16 MiB of one answer's text; beyond these the answer is `malformed`.
#pragma once

#include "bench/load/figures.hpp"
#include "bench/load/http_connection.hpp"
#include "bench/load/plan.hpp"
#include "net/sse_parser.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace parlance::bench {

struct Verdict {
  TurnOutcome outcome = TurnOutcome::finished;
  std::string code = {};  // of a refusal or failure: the server's, or the connection's end
  bool wrong_answer = false;
  std::chrono::seconds retry_after{};  // as advised; at most a minute
};

class AnswerReader {
 public:
  AnswerReader(Surface surface, AnswerMode mode, std::string expected)
      : surface_(surface),
        mode_(mode),
        expected_(std::move(expected)) {}

  // A piece of a stream. Notes in `turn` when text came; `on_gap` is told of each gap between two
  // pieces of text.
  using OnGap = std::function<void(std::chrono::nanoseconds)>;
  void take(std::string_view piece,
            HttpConnection::Clock::time_point when,
            TurnTimes& turn,
            const OnGap& on_gap);

  // When the exchange is over.
  Verdict judge(const Exchange& exchange) const;

  // The rest of the answer comes by another exchange: how this one ended is no part of it.
  void resume();

  // Of a LangGraph stream: its run, and its latest event. Empty: nothing came.
  const std::string& run() const { return run_; }
  const std::string& last_id() const { return last_id_; }

 private:
  void take_event(const net::SseEvent& event);
  void take_id(const std::string& id);

  Surface surface_;
  AnswerMode mode_;
  std::string expected_;
  net::SseParser parser_;
  std::string text_;
  std::string run_;
  std::string last_id_;
  bool goes_back_ = false;  // an event came after a later one
  std::string error_code_;
  bool done_ = false;  // the stream's own end came, where it has one
  bool malformed_ = false;
  bool text_came_ = false;  // with the event at hand
};

}  // namespace parlance::bench
