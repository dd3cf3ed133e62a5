// Calls to a client's tools, as a model asks for them. The server carries none out: it hands them
// to the client, and the client's answer to the model.
//
// A message of Role::ai keeps its calls in extra["tool_calls"], in either family's shape:
//
//   {"id", "type": "function", "function": {"name", "arguments": "<JSON text>"}}     OpenAI
//   {"id", "type": "tool_call", "name", "args": {…}}                                 LangGraph
//
// In OpenAI's, a call has "extra_content": {"google": {"thought_signature"}} where it has a
// signature, as Google's own endpoint of that shape does.
//
// A message of Role::tool names the call that it answers in extra["tool_call_id"].
//
// Threading: pure functions.
#pragma once

#include "runtime/llm/chat.hpp"

#include <string>
#include <vector>

namespace parlance {

constexpr const char* tool_calls_key = "tool_calls";

// The calls of a message, from either shape; what is neither is left out.
std::vector<ToolCall> tool_calls_of(const Message& message);

// The call that the message answers; empty when it answers none.
std::string answered_call_of(const Message& message);

// OpenAI's shape, for extra["tool_calls"].
Json openai_tool_calls(const std::vector<ToolCall>& calls);

// LangGraph's shape. A call whose arguments are no JSON object is left out: see invalid_tool_calls.
Json langgraph_tool_calls(const std::vector<ToolCall>& calls);

// The others: {"id", "type": "invalid_tool_call", "name", "args": "<text>", "error"}.
Json invalid_tool_calls(const std::vector<ToolCall>& calls);

}  // namespace parlance
