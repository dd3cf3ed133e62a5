// Answers that were asked for as JSON: what a client's response_format wants of them.
//
//   {"type":"json_object"}                                          any object
//   {"type":"json_schema","json_schema":{"name":…,"schema":{…}}}    what fits the schema, if any
//
// Threading: pure functions.
#pragma once

#include "runtime/llm/chat.hpp"

#include <optional>
#include <string>

namespace parlance {

// The client's response_format, where it asks for JSON; else null.
const Json* json_format_of(const Json& client_options);

// Why the answer is not what was asked for, in words that hold nothing of it; none: it is. An
// answer that was cut short, refuses or calls tools is held to nothing: it says so itself.
std::optional<std::string> fault_of_answer(const ChatAnswer& answer, const Json& format);

}  // namespace parlance
