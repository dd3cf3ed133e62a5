#include "storage/record_frame.hpp"

#include <zlib.h>

#include <cstddef>
#include <utility>

namespace parlance::storage {
namespace {

constexpr std::size_t header_bytes = 5;

std::uint32_t checksum(LayoutVersion version, std::string_view body) {
  const auto number = static_cast<Bytef>(version);
  const uLong before = version < LayoutVersion::digest ? 0 : crc32_z(0, &number, 1);
  return static_cast<std::uint32_t>(
      crc32_z(before, reinterpret_cast<const Bytef*>(body.data()), body.size()));
}

}  // namespace

Error damaged(std::string what) {
  return {ErrorCode::record_damaged, std::move(what), {}, {}};
}

std::string begin_frame() {
  return std::string(header_bytes, '\0');
}

std::string close_frame(std::string value) {
  const std::uint32_t crc =
      checksum(LayoutVersion::newest, std::string_view(value).substr(header_bytes));
  value[0] = static_cast<char>(LayoutVersion::newest);
  for (std::size_t i = 0; i < 4; ++i)
    value[1 + i] = static_cast<char>((crc >> (8 * i)) & 0xFFU);
  return value;
}

Result<Frame> open_frame(std::string_view value) {
  if (value.size() < header_bytes) return damaged("a record is too short");
  const auto version = static_cast<LayoutVersion>(value[0]);
  if (version < LayoutVersion::oldest || version > LayoutVersion::newest)
    return damaged("a record has version " + std::to_string(static_cast<unsigned>(version)));
  std::uint32_t crc = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    crc |= static_cast<std::uint32_t>(static_cast<std::uint8_t>(value[1 + i])) << (8 * i);
  }
  value.remove_prefix(header_bytes);
  if (crc != checksum(version, value)) return damaged("a record's checksum does not match");
  return Frame{version, value};
}

}  // namespace parlance::storage
