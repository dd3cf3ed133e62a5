// What makes two calls of a model the same: their tenant and all that is asked.
//
// Everything that an answer may depend on is in it (role, its lanes and model, each message with
// what clients sent beside its text, the client's options, the bounds of the answer, and what the
// offline model looks at), and nothing else: not the messages' ids, not the deadline. So an agent's
// prompt, its knowledge and its tools are in it as far as the model is shown them: where they
// change, it does. It is the same after a restart.
//
// Threading: pure functions.
#pragma once

#include "runtime/llm/chat.hpp"

#include <string>
#include <string_view>

namespace parlance {

// A SHA-256, in hexadecimal digits. `lanes`: who may answer what is asked of the request's role.
std::string call_identity(std::string_view tenant,
                          std::string_view lanes,
                          const ChatRequest& request);

}  // namespace parlance
