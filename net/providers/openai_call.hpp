// One call to an OpenAI-compatible endpoint: turns what HTTP brings into reports.
//
// Threading: one caller at a time (the strand of its HttpCall).
//
// Bounds: keeps an answer of answer_bytes_max, and of a body that is not a stream as much as a
// completion of that size can need.
#pragma once

#include "net/client/http_client.hpp"
#include "net/sse_parser.hpp"
#include "runtime/ports/chat_provider.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parlance::net {

struct AnswerChunk;
struct ToolCallPiece;

class OpenAiCall {
 public:
  OpenAiCall(std::string model,
             std::string api_key,
             std::size_t answer_bytes_max,
             ProviderReports reports);

  void head(const HttpHead& head);
  HttpNext body(std::string_view piece);
  void ended(const std::optional<HttpFailure>& failure);

 private:
  enum class Shape : std::uint8_t { stream, completion, refusal };

  HttpNext keep(std::string_view piece);
  void event(const SseEvent& event);
  void chunk(AnswerChunk chunk);
  void add(ToolCallPiece piece);
  static void give_ids(std::vector<ToolCall>& calls);
  bool is_complete(const std::optional<HttpFailure>& failure) const;
  void done();
  void read_whole_body();
  Error refused() const;
  Error error_of(const HttpFailure& failure) const;
  void end(Result<ChatAnswer> outcome);

  const std::string api_key_;
  const std::size_t answer_bytes_max_;
  ProviderReports reports_;
  Shape shape_ = Shape::stream;
  unsigned status_ = 0;  // 0: no head yet
  std::optional<std::chrono::milliseconds> retry_after_;
  SseParser parser_;
  std::string body_;  // where it is not a stream
  ChatAnswer answer_;
  std::size_t call_bytes_ = 0;  // of answer_.tool_calls
  std::optional<StopReason> stop_reason_;
  bool has_progressed_ = false;  // since the last piece of the body
  bool has_ended_ = false;
  bool is_whole_ = false;
};

}  // namespace parlance::net
