// The body of Gemini's streamGenerateContent.
//
// What the system says stands apart from the contents; what follows each other in one role is one
// content of several parts; tools answer in parts of the user's, by the name of their function.
//
// Threading: pure.
#pragma once

#include "runtime/base/json.hpp"
#include "runtime/base/result.hpp"
#include "runtime/llm/chat.hpp"

namespace parlance::net {

// Errors: request_rejected, for a client's option that the API has no place for.
Result<Json> gemini_body(const ChatRequest& request);

}  // namespace parlance::net
