// The parts of a request that have to do with tools and structured output.
//
// Threading: pure.
#pragma once

#include "bench/mock/prompt.hpp"

namespace parlance::bench {

// Each call of an assistant's message has to be answered by the tool messages that follow it, and
// each tool message has to answer one.
Result<void> check_tool_messages(const Json& messages);

// The calls that answer the request: none unless it has tools, may use them and ends with the
// user's word; two when it allows several at once and has several; else one. `text` is the user's.
Result<std::vector<MockToolCall>> read_tool_calls(const Json& body, std::string_view text);

// The text that answers a request for JSON: nothing when it asks for none. A json_object without a
// schema is {"answer": text}.
Result<std::optional<std::string>> read_response_format(const Json& body, std::string_view text);

}  // namespace parlance::bench
