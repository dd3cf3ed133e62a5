// Request bodies, read field by field; the first fault is kept and names its place.
//
//   BodyReader body(json, "");
//   const bool stream = body.boolean("stream", false);
//   if (body.fault) return *body.fault;
//
// Unknown keys are left alone; null counts as absent.
//
// Threading: pure.
#pragma once

#include "net/request.hpp"
#include "runtime/base/json.hpp"
#include "runtime/base/result.hpp"
#include "runtime/llm/chat.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parlance::net {

// invalid_value, with the path of what is wrong.
Error wrong_value(std::string field, std::string detail);

// The body as an object; an empty one is {}.
Result<Json> parse_body(std::string_view text, std::size_t depth_max);

class BodyReader {
 public:
  // `path` is where the object stands in the body, with a dot behind it, or empty.
  BodyReader(Json& object, std::string path) : object_(object), path_(std::move(path)) {}

  // Null when the key is absent or null.
  Json* find(const char* name);

  std::string text(const char* name, std::string_view otherwise = {});
  bool boolean(const char* name, bool otherwise);
  std::optional<double> number(const char* name, double least, double most);
  std::optional<std::uint64_t> count(const char* name, std::uint64_t least, std::uint64_t most);
  Json object(const char* name);  // {} when absent

  // Refuses what this version does not do: the key may be absent, null, false or empty.
  void not_in_this_version(const char* name);

  void refuse(std::string_view name, std::string detail);

  std::string path_of(std::string_view name) const { return path_ + std::string(name); }

  std::optional<Error> fault;

 private:
  Json& object_;
  std::string path_;
};

// An array of messages, one message, or a string (what the human says). At least one. Control
// characters other than newline and tab are taken out of the text, whose parts are joined by
// newlines; messages without an id get one.
// The calls of an assistant's message are whole, in either family's shape, and a tool's message
// names the call that it answers. `path` names it in errors.
Result<Messages> read_messages(Json& value, const std::string& path);

// Each of the tools' answers has its call before it, and each call its answer among the tools'
// messages directly behind it. For a conversation that is sent whole: on a thread, the call may
// stand in what the thread remembers, and its answer may come late.
Result<void> check_tool_answers(const Messages& messages, const std::string& path);

}  // namespace parlance::net
