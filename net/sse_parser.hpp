// Server-sent events, read from a byte stream that may be cut anywhere.
//
// Follows the WHATWG specification ("Interpreting an event stream"): lines end with LF, CRLF or CR,
// a leading byte order mark is skipped, lines that start with a colon are comments, several data
// lines are joined by LF, and a block without data is no event. `retry` is ignored.
//
//   SseParser parser;
//   auto fed = parser.feed(bytes, [&](SseEvent event) { … });
//
// Threading: one caller at a time.
//
// Bounds: at most event_bytes_max bytes of an unfinished event are kept; one that is larger is an
// error, and so is everything fed after it. Comments may be of any length and are not kept.
#pragma once

#include "runtime/base/result.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace parlance::net {

struct SseEvent {
  std::string event;  // "message" where the stream gives no name
  std::string data;
  std::string id;  // of this event, or the newest one before it
};

class SseParser {
 public:
  explicit SseParser(std::size_t event_bytes_max = 1U << 20U) : event_bytes_max_(event_bytes_max) {}

  // Calls `on_event` for each event that `bytes` completes, in order. Errors: provider_failed.
  Result<void> feed(std::string_view bytes, const std::function<void(SseEvent)>& on_event);

 private:
  std::string_view skip_byte_order_mark(std::string_view bytes);
  bool keep(std::string_view part);
  void end_line(std::string_view line, const std::function<void(SseEvent)>& on_event);
  void end_event(const std::function<void(SseEvent)>& on_event);

  std::size_t event_bytes_max_;
  std::size_t mark_bytes_seen_ = 0;  // of the byte order mark; all of them once it is decided
  bool after_carriage_return_ = false;
  bool failed_ = false;
  std::string line_;  // the unfinished one; of a comment its colon alone
  std::string event_;
  std::string data_;
  bool has_data_ = false;
  std::string id_;
};

}  // namespace parlance::net
