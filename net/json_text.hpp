// JSON written straight into a string, for what is rendered once a request or once a token.
//
// Threading: pure.
#pragma once

#include "runtime/base/json.hpp"
#include "runtime/llm/chat.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace parlance::net {

// `text` in quotes. It must be UTF-8.
void append_quoted(std::string& out, std::string_view text);

// "name":"text"
void append_field(std::string& out, std::string_view name, std::string_view text);

void append_number(std::string& out, std::uint64_t number);

void append_json(std::string& out, const Json& value);

// A message as the LangGraph family shows it: {"content","id","additional_kwargs",…,"type"}.
void append_message(std::string& out, const Message& message);

void append_messages(std::string& out, const Messages& messages);

// A thread's state: {"messages":[…], and each field}.
void append_values(std::string& out, const Messages& messages, const Json& fields);

}  // namespace parlance::net
