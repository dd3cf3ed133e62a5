// The SSE parser: whatever the bytes and wherever they are cut, it must neither crash nor keep more
// than its bound, and the cuts must not change what it reads.
#include "net/sse_parser.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::size_t event_bytes_max = 64;

struct Outcome {
  bool failed = false;
  std::vector<std::string> events;

  bool operator==(const Outcome&) const = default;
};

Outcome parse(std::string_view bytes, std::size_t step) {
  parlance::net::SseParser parser{event_bytes_max};
  Outcome outcome;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    const auto fed = parser.feed(bytes.substr(at, step), [&](parlance::net::SseEvent event) {
      if (event.data.size() > event_bytes_max) std::abort();
      outcome.events.push_back(event.event + '\0' + event.data + '\0' + event.id);
    });
    outcome.failed = !fed;
  }
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Outcome whole = parse(bytes, bytes.size() + 1);
  if (whole != parse(bytes, 1)) std::abort();
  if (whole != parse(bytes, 1 + data[0] % 16U)) std::abort();
  return 0;
}
