#include "net/json_text.hpp"

#include "runtime/llm/tool_calls.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace parlance::net {
namespace {

std::string_view type_of(Role role) {
  switch (role) {
    case Role::system:
      return "system";
    case Role::human:
      return "human";
    case Role::ai:
      return "ai";
    case Role::tool:
      return "tool";
  }
  return "human";
}

// The keys that every message has, unless the client sent its own.
constexpr std::array<std::pair<std::string_view, std::string_view>, 2> for_all{
    {{"additional_kwargs", "{}"}, {"response_metadata", "{}"}}};
constexpr std::array<std::pair<std::string_view, std::string_view>, 2> for_ai{
    {{"tool_calls", "[]"}, {"invalid_tool_calls", "[]"}}};

template <class Keys>
void append_missing(std::string& out, const Json& extra, const Keys& keys) {
  for (const auto& [name, value] : keys) {
    if (extra.is_object() && extra.contains(name)) continue;
    out.append(",\"").append(name).append("\":").append(value);
  }
}

}  // namespace

void append_quoted(std::string& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  out.push_back('"');
  std::size_t plain_from = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20U && c != '"' && c != '\\') continue;
    out.append(text.substr(plain_from, i - plain_from));
    plain_from = i + 1;
    switch (c) {
      case '"':
        out.append("\\\"");
        break;
      case '\\':
        out.append("\\\\");
        break;
      case '\n':
        out.append("\\n");
        break;
      case '\r':
        out.append("\\r");
        break;
      case '\t':
        out.append("\\t");
        break;
      default:
        out.append("\\u00");
        out.push_back(hex[c >> 4U]);
        out.push_back(hex[c & 0x0FU]);
    }
  }
  out.append(text.substr(plain_from));
  out.push_back('"');
}

void append_field(std::string& out, std::string_view name, std::string_view text) {
  append_quoted(out, name);
  out.push_back(':');
  append_quoted(out, text);
}

void append_number(std::string& out, std::uint64_t number) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

void append_json(std::string& out, const Json& value) {
  if (value.is_object() && value.empty()) {
    out.append("{}");
  } else {
    out.append(dump(value));
  }
}

void append_message(std::string& out, const Message& message) {
  out.append(R"({"content":)");
  append_quoted(out, message.text);
  out.append(R"(,"id":)");
  append_quoted(out, message.id);
  append_missing(out, message.extra, for_all);
  out.append(R"(,"type":")").append(type_of(message.role)).push_back('"');
  const auto calls = message.role == Role::ai ? tool_calls_of(message) : std::vector<ToolCall>{};
  if (!calls.empty()) {
    out.append(R"(,"tool_calls":)");
    append_json(out, langgraph_tool_calls(calls));
    out.append(R"(,"invalid_tool_calls":)");
    append_json(out, invalid_tool_calls(calls));
  } else if (message.role == Role::ai) {
    append_missing(out, message.extra, for_ai);
  }
  if (message.usage) {
    out.append(R"(,"usage_metadata":{"input_tokens":)");
    append_number(out, message.usage->tokens_in);
    out.append(R"(,"output_tokens":)");
    append_number(out, message.usage->tokens_out);
    out.append(R"(,"total_tokens":)");
    append_number(out, std::uint64_t{message.usage->tokens_in} + message.usage->tokens_out);
    if (message.usage->tokens_in_cached > 0) {
      out.append(R"(,"input_token_details":{"cache_read":)");
      append_number(out, message.usage->tokens_in_cached);
      out.push_back('}');
    }
    out.push_back('}');
  }
  if (message.extra.is_object()) {
    for (const auto& [name, value] : message.extra.items()) {
      if (!calls.empty() && (name == tool_calls_key || name == "invalid_tool_calls")) continue;
      out.push_back(',');
      append_quoted(out, name);
      out.push_back(':');
      append_json(out, value);
    }
  }
  out.push_back('}');
}

void append_messages(std::string& out, const Messages& messages) {
  out.push_back('[');
  for (const auto& message : messages) {
    if (&message != &messages.front()) out.push_back(',');
    append_message(out, *message);
  }
  out.push_back(']');
}

void append_values(std::string& out, const Messages& messages, const Json& fields) {
  out.append(R"({"messages":)");
  append_messages(out, messages);
  if (fields.is_object()) {
    for (const auto& [name, value] : fields.items()) {
      out.push_back(',');
      append_quoted(out, name);
      out.push_back(':');
      append_json(out, value);
    }
  }
  out.push_back('}');
}

}  // namespace parlance::net
