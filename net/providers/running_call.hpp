// One call to a provider: turns what HTTP brings into reports.
//
// Threading: one caller at a time (the strand of its HttpCall).
//
// Bounds: keeps an answer of answer_bytes_max, and of a body that is not a stream as much as an
// answer of that size, or so many vectors of 4,096 numbers, can need.
#pragma once

#include "net/client/http_client.hpp"
#include "net/providers/wire_format.hpp"
#include "net/sse_parser.hpp"
#include "runtime/ports/chat_provider.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parlance::net {

struct RunningCallOptions {
  std::string model;
  std::string api_key;  // to be kept out of what is reported
  std::size_t answer_bytes_max = 0;
  bool limit_is_own = false;       // the request's deadline is the provider's total_time_max
  std::size_t vectors_wanted = 0;  // of a call that embeds; 0: it is one that answers
};

class RunningCall {
 public:
  RunningCall(const WireFormat& wire, RunningCallOptions options, ProviderReports reports);

  void head(const HttpHead& head);
  HttpNext body(std::string_view piece);
  void ended(std::optional<HttpFailure> failure);

 private:
  enum class Shape : std::uint8_t { stream, whole, refusal };

  HttpNext keep(std::string_view piece);
  std::size_t body_bytes_max() const;
  void read(Result<AnswerChunk> chunk);
  void take(AnswerChunk chunk);
  void tell_pieces(bool are_last);
  void add(const ToolCallPiece& piece);
  ToolCall* call_of(const ToolCallPiece& piece);
  void add(const UsagePiece& usage);
  bool is_complete(const std::optional<HttpFailure>& failure) const;
  bool has_begun() const;
  void done();
  Error refused() const;
  void fail(ErrorCode code, std::string detail);
  void end(Result<ChatAnswer> outcome);

  const WireFormat& wire_;
  const RunningCallOptions options_;
  ProviderReports reports_;
  Shape shape_ = Shape::stream;
  unsigned status_ = 0;  // 0: no head yet
  std::optional<std::chrono::milliseconds> retry_after_;
  SseParser parser_;
  std::string body_;                 // where it is not a stream
  std::vector<std::string> pieces_;  // that are not told yet: what one read brings is told at once
  ChatAnswer answer_;
  // The provider's number of each of answer_.tool_calls; none for one that came whole.
  std::vector<std::optional<std::size_t>> call_numbers_;
  std::size_t call_bytes_ = 0;  // of answer_.tool_calls
  std::optional<StopReason> stop_reason_;
  bool has_progressed_ = false;  // since the last piece of the body
  bool has_ended_ = false;
  bool is_whole_ = false;
};

}  // namespace parlance::net
