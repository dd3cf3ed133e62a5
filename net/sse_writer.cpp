#include "net/sse_writer.hpp"

#include "net/json_text.hpp"

#include <charconv>

namespace parlance::net {
namespace {

bool parse_number(std::string_view text, std::uint64_t& number) {
  if (text.empty()) return false;
  const char* const end = text.data() + text.size();
  const auto [stopped, problem] = std::from_chars(text.data(), end, number);
  return problem == std::errc{} && stopped == end;
}

}  // namespace

Result<EventId> parse_event_id(std::string_view text) {
  if (text.empty() || text == "-1") return EventId{};
  EventId id;
  const auto dash = text.find('-');
  if (dash == std::string_view::npos || !parse_number(text.substr(0, dash), id.seq) ||
      !parse_number(text.substr(dash + 1), id.n)) {
    return Error{ErrorCode::invalid_value,
                 "must be an id that this server sent, or -1",
                 "Last-Event-ID",
                 {}};
  }
  return id;
}

std::string text_of(EventId id) {
  return std::to_string(id.seq) + "-" + std::to_string(id.n);
}

void begin_event(std::string& out, std::string_view event) {
  if (!event.empty()) out.append("event: ").append(event).push_back('\n');
  out.append("data: ");
}

void end_event(std::string& out, const EventId* id) {
  out.push_back('\n');
  if (id != nullptr) {
    out.append("id: ");
    append_number(out, id->seq);
    out.push_back('-');
    append_number(out, id->n);
    out.push_back('\n');
  }
  out.push_back('\n');
}

}  // namespace parlance::net
