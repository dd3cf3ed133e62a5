#include "bench/load/answer_reader.hpp"

#include "bench/load/requests.hpp"

#include <algorithm>
#include <charconv>

namespace parlance::bench {
namespace {

constexpr unsigned retry_after_s_max = 60;
constexpr std::size_t text_bytes_max = 16U << 20U;

// The code of an error object, else its kind.
std::string code_in(std::string_view json) {
  for (const auto* name : {"code", "error", "type"}) {
    if (const auto code = find_json_string(json, name); !code.empty()) return std::string(code);
  }
  return "unnamed";
}

std::string code_of(const Exchange& exchange) {
  if (!exchange.error_code.empty()) return exchange.error_code;
  if (exchange.body.starts_with('{')) return code_in(exchange.body);
  return "unnamed";
}

// "17-3" as (17, 3).
std::pair<std::uint64_t, std::uint64_t> place_of(std::string_view id) {
  std::pair<std::uint64_t, std::uint64_t> place;
  const char* const end = id.data() + id.size();
  const auto [dash, problem] = std::from_chars(id.data(), end, place.first);
  if (problem == std::errc() && dash != end) std::from_chars(dash + 1, end, place.second);
  return place;
}

std::chrono::seconds seconds_in(std::string_view retry_after) {
  unsigned seconds = 0;
  std::from_chars(retry_after.data(), retry_after.data() + retry_after.size(), seconds);
  return std::chrono::seconds(std::min(seconds, retry_after_s_max));
}

}  // namespace

void AnswerReader::take(std::string_view piece,
                        HttpConnection::Clock::time_point when,
                        TurnTimes& turn,
                        const OnGap& on_gap) {
  const auto fed = parser_.feed(piece, [&](const net::SseEvent& event) {
    text_came_ = false;
    take_event(event);
    if (!text_came_) return;
    ++turn.texts;
    if (!turn.first_text) {
      turn.first_text = when;
    } else {
      const std::chrono::nanoseconds gap = when - *turn.last_text;
      turn.stall = std::max(turn.stall.value_or(gap), gap);
      on_gap(gap);
    }
    turn.last_text = when;
  });
  if (!fed) malformed_ = true;
}

void AnswerReader::take_event(const net::SseEvent& event) {
  if (surface_ == Surface::langgraph) {
    take_id(event.id);
    if (event.event == "metadata") run_ = find_json_string(event.data, "run_id");
    if (event.event == "error") error_code_ = code_in(event.data);
    if (!event.event.starts_with("messages")) return;
  } else if (event.data == "[DONE]") {
    done_ = true;
    return;
  } else if (event.data.starts_with(R"({"error":)")) {
    error_code_ = code_in(event.data);
    return;
  } else if (!event.data.starts_with('{') || !event.data.ends_with('}')) {
    malformed_ = true;
    return;
  }
  const auto text = find_json_string(event.data, "content");
  if (text.empty()) return;
  text_came_ = true;
  if (text_.size() + text.size() > text_bytes_max) {
    malformed_ = true;
    return;
  }
  text_.append(text);
}

void AnswerReader::take_id(const std::string& id) {
  if (id.empty() || id == last_id_) return;
  if (place_of(id) < place_of(last_id_)) goes_back_ = true;
  last_id_ = id;
}

void AnswerReader::resume() {
  parser_ = net::SseParser();
  error_code_.clear();
}

Verdict AnswerReader::judge(const Exchange& exchange) const {
  const auto failed = [](std::string code) {
    return Verdict{.outcome = TurnOutcome::failed, .code = std::move(code)};
  };
  if (exchange.end != ExchangeEnd::whole) return failed(std::string(to_string(exchange.end)));
  if (exchange.status == 429 || exchange.status == 503) {
    return {.outcome = TurnOutcome::refused,
            .code = code_of(exchange),
            .retry_after = seconds_in(exchange.retry_after)};
  }
  if (exchange.status != 200) return failed(code_of(exchange));

  if (mode_ == AnswerMode::wait) {
    const std::string_view body = exchange.body;
    if (const auto at = body.find(R"("__error__":)"); at != std::string_view::npos) {
      return failed(code_in(body.substr(at + 12)));
    }
    const auto last = body.find_last_not_of(" \r\n");
    if (last == std::string_view::npos || body[last] != '}') return failed("malformed");
    return {.outcome = TurnOutcome::finished,
            .code = {},
            .wrong_answer = body.find(expected_) == std::string_view::npos};
  }
  if (!error_code_.empty()) return failed(error_code_);
  if (malformed_) return failed("malformed");
  if (surface_ == Surface::openai && !done_) return failed("cut");
  return {.outcome = TurnOutcome::finished,
          .code = {},
          .wrong_answer = goes_back_ || text_.find(expected_) == std::string::npos};
}

}  // namespace parlance::bench
