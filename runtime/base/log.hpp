// One log line a thing that happened: a level, a word for the event, and fields.
//
//   log_info("turn_failed", {{"request", id}, {"thread", thread}, {"code", "deadline_passed"}});
//
// As JSON it is one object a line, for collectors; as text it is for people. Fields carry ids,
// codes, counts and times: never message text, never keys. Lines go to standard error.
//
// Threading: from any thread, after start_log().
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace parlance {

enum class LogFormat : std::uint8_t { json, text };
enum class LogLevel : std::uint8_t { debug, info, warn, error };

class LogValue {
 public:
  LogValue(std::string_view text)
      : value_(std::string(text)) {}                         // NOLINT(google-explicit-constructor)
  LogValue(const std::string& text) : value_(text) {}        // NOLINT(google-explicit-constructor)
  LogValue(const char* text) : value_(std::string(text)) {}  // NOLINT(google-explicit-constructor)
  template <class Integer>
  requires std::is_integral_v<Integer> LogValue(
      Integer number)  // NOLINT(google-explicit-constructor)
      : value_(static_cast<std::int64_t>(number)) {}

  const std::variant<std::string, std::int64_t>& value() const { return value_; }

 private:
  std::variant<std::string, std::int64_t> value_;
};

using LogFields = std::initializer_list<std::pair<std::string_view, LogValue>>;

// Before it is called, log lines are lost.
void start_log(LogFormat format, LogLevel level_min);

void log(LogLevel level, std::string_view event, LogFields fields);

inline void log_debug(std::string_view event, LogFields fields = {}) {
  log(LogLevel::debug, event, fields);
}
inline void log_info(std::string_view event, LogFields fields = {}) {
  log(LogLevel::info, event, fields);
}
inline void log_warn(std::string_view event, LogFields fields = {}) {
  log(LogLevel::warn, event, fields);
}
inline void log_error(std::string_view event, LogFields fields = {}) {
  log(LogLevel::error, event, fields);
}

}  // namespace parlance
