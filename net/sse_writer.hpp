// Server-sent events as text, and the ids that make a stream resumable.
//
//   event: values
//   data: {…}
//   id: 12-0
//
// Threading: pure.
#pragma once

#include "runtime/base/result.hpp"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace parlance::net {

// The journal position of the record that an event shows, and the event's number within it.
struct EventId {
  std::uint64_t seq = 0;
  std::uint64_t n = 0;

  auto operator<=>(const EventId&) const = default;
};

// A Last-Event-ID: "<seq>-<n>"; empty and "-1" are before the first event. invalid_value otherwise.
Result<EventId> parse_event_id(std::string_view text);
std::string text_of(EventId id);

// One event: begin, append the data (one line) to `out`, end.
void begin_event(std::string& out, std::string_view event);
void end_event(std::string& out, const EventId* id);

constexpr std::string_view heartbeat = ": heartbeat\n\n";

}  // namespace parlance::net
