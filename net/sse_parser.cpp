#include "net/sse_parser.hpp"

#include <utility>

namespace parlance::net {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

// Where the first line ends: at "\r" or "\n", or npos.
std::size_t line_end(std::string_view bytes) {
  const std::size_t line_feed = bytes.find('\n');
  const std::size_t carriage_return = bytes.substr(0, line_feed).find('\r');
  return carriage_return == std::string_view::npos ? line_feed : carriage_return;
}

}  // namespace

Result<void> SseParser::feed(std::string_view bytes,
                             const std::function<void(SseEvent)>& on_event) {
  bytes = skip_byte_order_mark(bytes);
  while (!bytes.empty() && !failed_) {
    if (std::exchange(after_carriage_return_, false) && bytes.front() == '\n') {
      bytes.remove_prefix(1);
      continue;
    }
    const std::size_t end = line_end(bytes);
    const std::string_view part = bytes.substr(0, end);
    if (end == std::string_view::npos) {
      failed_ = !keep(part);
      break;
    }
    after_carriage_return_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    if (line_.empty() && part.size() + data_.size() <= event_bytes_max_) {
      end_line(part, on_event);  // the usual case: a whole line, not copied
    } else if (keep(part)) {
      end_line(line_, on_event);
      line_.clear();
    } else {
      failed_ = true;
    }
  }
  if (failed_) {
    return Error{
        ErrorCode::provider_failed,
        "an event of the stream is larger than " + std::to_string(event_bytes_max_) + " bytes",
        {},
        {}};
  }
  return {};
}

std::string_view SseParser::skip_byte_order_mark(std::string_view bytes) {
  while (mark_bytes_seen_ < byte_order_mark.size() && !bytes.empty()) {
    if (bytes.front() != byte_order_mark[mark_bytes_seen_]) {
      line_ = byte_order_mark.substr(0, mark_bytes_seen_);  // it was text after all
      mark_bytes_seen_ = byte_order_mark.size();
      break;
    }
    ++mark_bytes_seen_;
    bytes.remove_prefix(1);
  }
  return bytes;
}

// Adds to the unfinished line; false when the event is too large.
bool SseParser::keep(std::string_view part) {
  const bool is_comment = line_.empty() ? part.starts_with(':') : line_.front() == ':';
  if (is_comment) {
    line_ = ":";
    return true;
  }
  if (line_.size() + part.size() + data_.size() > event_bytes_max_) return false;
  line_ += part;
  return true;
}

void SseParser::end_line(std::string_view line, const std::function<void(SseEvent)>& on_event) {
  if (line.empty()) return end_event(on_event);
  const std::size_t colon = line.find(':');
  const std::string_view name = line.substr(0, colon);
  std::string_view value;
  if (colon != std::string_view::npos) value = line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (name == "data") {
    if (has_data_) data_ += '\n';
    data_ += value;
    has_data_ = true;
  } else if (name == "event") {
    event_ = value;
  } else if (name == "id" && value.find('\0') == std::string_view::npos) {
    id_ = value;
  }
}

void SseParser::end_event(const std::function<void(SseEvent)>& on_event) {
  SseEvent event{std::exchange(event_, {}), std::exchange(data_, {}), id_};
  if (!std::exchange(has_data_, false)) return;
  if (event.event.empty()) event.event = "message";
  on_event(std::move(event));
}

}  // namespace parlance::net
