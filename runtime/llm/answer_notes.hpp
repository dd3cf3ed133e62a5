// What an answer says of itself beside its text. It stands in the message's `extra`, where clients
// of the LangGraph family look for it:
//
//   response_metadata   model_name; finish_reason, when the answer did not come to its own end;
//                       answered_by, when nothing was charged for it: "shared_call",
//                       "kept_answer"
//   additional_kwargs   refusal
//
// Threading: pure functions.
#pragma once

#include "runtime/llm/chat.hpp"

#include <string>

namespace parlance {

// `message` is a model's, still without them.
void set_notes(Message& message, const ChatAnswer& answer);

// True when the answer was cut at the bound of its tokens.
bool was_cut(const Message& message);

// Why the model did not answer, also where OpenAI's clients put it; empty when it did.
std::string refusal_of(const Message& message);

}  // namespace parlance
