// The parts that values on disk are made of: numbers, byte strings, lists. storage/keys.hpp has the
// grammar.
//
// Bounds: a WireReader never reads past its bytes, and never believes a length or a count that the
// bytes left could not hold, so damaged input cannot make it allocate more than a small multiple of
// its own size. After the first fault every read gives zero or empty, and ok() is false.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace parlance::storage {

class WireWriter {
 public:
  explicit WireWriter(std::string& out) : out_(out) {}

  void byte(std::uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void boolean(bool value) { byte(value ? 1 : 0); }
  void uint(std::uint64_t value) {
    while (value >= 0x80U) {
      byte(static_cast<std::uint8_t>(value | 0x80U));
      value >>= 7U;
    }
    byte(static_cast<std::uint8_t>(value));
  }
  void integer(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    uint((bits << 1U) ^ (value < 0 ? ~std::uint64_t{0} : 0));
  }
  void bytes(std::string_view value) {
    uint(value.size());
    out_ += value;
  }

 private:
  std::string& out_;
};

class WireReader {
 public:
  explicit WireReader(std::string_view in) : in_(in) {}

  bool ok() const { return ok_; }
  bool at_end() const { return in_.empty(); }
  void fail() {
    ok_ = false;
    in_ = {};
  }

  std::uint8_t byte() {
    if (in_.empty()) {
      fail();
      return 0;
    }
    const auto value = static_cast<std::uint8_t>(in_.front());
    in_.remove_prefix(1);
    return value;
  }

  bool boolean() {
    const std::uint8_t value = byte();
    if (value > 1) fail();
    return value == 1;
  }

  std::uint64_t uint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t next = byte();
      if (shift == 63 && next > 1) break;
      value |= static_cast<std::uint64_t>(next & 0x7FU) << shift;
      if ((next & 0x80U) == 0) return ok_ ? value : 0;
    }
    fail();
    return 0;
  }

  std::uint32_t uint32() {
    const std::uint64_t value = uint();
    if (value > UINT32_MAX) fail();
    return ok_ ? static_cast<std::uint32_t>(value) : 0;
  }

  std::int64_t integer() {
    const std::uint64_t bits = uint();
    return static_cast<std::int64_t>((bits >> 1U) ^ ((bits & 1U) != 0 ? ~std::uint64_t{0} : 0));
  }

  std::string_view bytes() {
    const std::uint64_t size = uint();
    if (size > in_.size()) {
      fail();
      return {};
    }
    const std::string_view value = in_.substr(0, static_cast<std::size_t>(size));
    in_.remove_prefix(value.size());
    return value;
  }

  // How many elements follow, each of which takes at least bytes_min.
  std::size_t count(std::size_t bytes_min) {
    const std::uint64_t value = uint();
    if (value > in_.size() / bytes_min) {
      fail();
      return 0;
    }
    return static_cast<std::size_t>(value);
  }

 private:
  std::string_view in_;
  bool ok_ = true;
};

}  // namespace parlance::storage
