// What makes two calls of a model the same: their tenant and all that is asked.
//
// Everything that an answer may depend on is in it (role and model, each message with what clients
// sent beside its text, the client's options, the bounds of the answer, and what the offline model
// looks at), and nothing else: not the messages' ids, not the deadline. So an agent's prompt, its
// knowledge and its tools are in it as far as the model is shown them: where they change, it does.
//
// Threading: pure functions.
#pragma once

#include "runtime/llm/chat.hpp"

#include <string>
#include <string_view>

namespace parlance {

// A SHA-256, in hexadecimal digits.
std::string call_identity(std::string_view tenant, const ChatRequest& request);

}  // namespace parlance
