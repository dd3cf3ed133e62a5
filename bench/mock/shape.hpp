// The shape of one API, as its provider speaks it: how a request is read, and how the mock's answer
// and its errors look.
//
// Threading: pure functions.
#pragma once

#include "bench/mock/answer.hpp"
#include "bench/mock/connection.hpp"
#include "bench/mock/limits.hpp"
#include "bench/mock/prompt.hpp"
#include "runtime/base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace parlance::bench {

class MockShape {
 public:
  virtual ~MockShape() = default;

  virtual Result<MockPrompt> read(const MockConnection::Request& request) const = 0;
  // The key that the request came with, or empty.
  virtual std::string key_of(const MockConnection::Request& request) const = 0;

  // Of a stream, as whole SSE events: what comes before the first token, a token (empty where the
  // API waits for more of them), what comes after the last one, and what says that nothing follows.
  virtual std::string begin(const MockAnswer& answer) const = 0;
  virtual std::string token(const MockAnswer& answer, std::uint32_t index) const = 0;
  virtual std::string end(const MockAnswer& answer) const = 0;
  virtual std::string last() const = 0;

  virtual std::string whole(const MockAnswer& answer) const = 0;

  // The header lines that say what is left of the limits of a minute; `now_ms` since 1970.
  virtual std::string limit_headers(const MockLimitsLeft& left, std::int64_t now_ms) const = 0;

  // The body of a refusal with this status, and the event that breaks a stream off.
  virtual std::string refusal(unsigned status) const = 0;
  virtual std::string refusal(const Error& error) const = 0;  // of what is wrong in the request
  virtual std::string error_event(unsigned status) const = 0;
};

// The shape that POST requests to this path are in; none: the mock has no such path.
const MockShape* shape_at(std::string_view path);

const MockShape& openai_shape();     // /v1/chat/completions, /v1/embeddings
const MockShape& anthropic_shape();  // /v1/messages
// /v1beta/models/{model}:generateContent, :streamGenerateContent, :batchEmbedContents
const MockShape& gemini_shape();

// {"error":{message,type,param,code}}, as OpenAI's clients read it; an empty param or code is null.
std::string openai_error(std::string_view message,
                         std::string_view type,
                         std::string_view param,
                         std::string_view code);

// `data` as an SSE event, with its name unless that is empty.
std::string sse_event(std::string_view name, std::string_view data);

}  // namespace parlance::bench
