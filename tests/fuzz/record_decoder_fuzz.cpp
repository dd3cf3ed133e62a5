// Decodes whatever it is given, as an event and as a head: raw, and with a frame whose checksum is
// right, so that the layouts behind it are reached. What decodes must encode and decode to itself.
#include "storage/record_codec.hpp"

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

std::string framed(std::string_view body) {
  const auto crc = static_cast<std::uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(body.data()), body.size()));
  std::string value(1, '\x02');
  for (unsigned i = 0; i < 4; ++i)
    value.push_back(static_cast<char>((crc >> (8U * i)) & 0xFFU));
  value += body;
  return value;
}

void decode(std::string_view value) {
  using namespace parlance::storage;
  if (auto event = decode_event(value)) {
    auto again = decode_event(encode(*event));
    if (!again || again->index() != event->index()) std::abort();
  }
  if (auto head = decode_head(value)) {
    auto again = decode_head(encode(*head));
    if (!again || !(*again == *head)) std::abort();
  }
  if (auto delivery = decode_delivery(value)) {
    auto again = decode_delivery(encode(*delivery));
    if (!again || !(*again == *delivery)) std::abort();
  }
  static_cast<void>(decode_time(value));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  decode(input);
  decode(framed(input));
  return 0;
}
