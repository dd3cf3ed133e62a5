// The body of Anthropic's POST /v1/messages.
//
// What the system says stands apart from the messages; what follows each other in one role is one
// message of several blocks; tools answer in blocks of the user's.
//
// Threading: pure.
#pragma once

#include "runtime/base/json.hpp"
#include "runtime/base/result.hpp"
#include "runtime/llm/chat.hpp"

#include <string_view>

namespace parlance::net {

// Errors: request_rejected, for a client's option that the API has no place for.
Result<Json> anthropic_body(std::string_view model, const ChatRequest& request);

}  // namespace parlance::net
