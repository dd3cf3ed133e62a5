// The fields that values on disk have, each written and read as its type says.
//
// A layout names the fields of a struct in their order, once for both ways:
//
//   void layout(auto& fields, LayoutOf<Interrupt> auto& interrupt) {
//     fields(interrupt.id, interrupt.value);
//   }
//
// With a FieldWriter it encodes, with a FieldReader it decodes. A field that layouts have not
// always had stands in since(). storage/record_layouts.hpp has the layouts, storage/keys.hpp the
// grammar of both.
//
// Bounds: those of storage/wire.hpp. After the first fault every field reads as zero or empty.
#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/json.hpp"
#include "runtime/base/shared_text.hpp"
#include "storage/record_frame.hpp"
#include "storage/wire.hpp"

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace parlance::storage {

// How deep the JSON of a record may nest: more than the front lets in, and no danger to the stack.
inline constexpr std::size_t json_depth_max = 512;

// A struct's layout takes it const to write it, and not const to read it.
template <class T, class Struct>
concept LayoutOf = std::same_as<std::remove_const_t<T>, Struct>;

// The numbers that an enumeration has on disk: those of first to last follow first_number.
template <class Enum>
struct EnumNumbers {
  Enum first;
  Enum last;
  std::uint8_t first_number;
};
template <class Enum>
inline constexpr std::nullptr_t numbers_of = nullptr;  // each layout has its own

// What an element of a list takes at least.
template <class Element>
inline constexpr std::size_t bytes_min_of = 1;

class FieldWriter {
 public:
  explicit FieldWriter(std::string& out) : out_(out) {}

  template <class... Fields>
  void operator()(const Fields&... fields) {
    (put(fields), ...);
  }

  // The newest version has them all.
  template <class... Fields>
  void since(LayoutVersion, const Fields&... fields) {
    (put(fields), ...);
  }
  template <class Field>
  void since_or(LayoutVersion, const Field& field, const Field&) {
    put(field);
  }

 private:
  void put(bool value) { out_.boolean(value); }
  void put(std::uint8_t value) { out_.byte(value); }
  void put(std::uint32_t value) { out_.uint(value); }
  void put(std::uint64_t value) { out_.uint(value); }
  void put(std::int64_t value) { out_.integer(value); }
  void put(std::chrono::milliseconds value) { out_.integer(value.count()); }
  void put(const std::string& value) { out_.bytes(value); }
  void put(const SharedText& value) { out_.bytes(value); }
  void put(const Json& value) { out_.bytes(dump(value)); }
  void put(ErrorCode code) { out_.bytes(to_string(code)); }

  template <class T>
  void put(const std::optional<T>& value) {
    put(value.has_value());
    if (value) put(*value);
  }
  template <class T>
  void put(const std::vector<T>& list) {
    out_.uint(list.size());
    for (const auto& element : list)
      put(element);
  }
  template <class T, std::size_t count>
  void put(const std::array<T, count>& elements) {
    for (const auto& element : elements)
      put(element);
  }
  template <class T>
  void put(const std::shared_ptr<const T>& shared) {
    put(*shared);
  }
  template <class T>
  void put(const T& value) {
    if constexpr (std::is_enum_v<T>) {
      constexpr auto numbers = numbers_of<T>;
      const int place = static_cast<int>(value) - static_cast<int>(numbers.first);
      out_.byte(static_cast<std::uint8_t>(numbers.first_number + place));
    } else {
      layout(*this, value);
    }
  }

  WireWriter out_;
};

class FieldReader {
 public:
  explicit FieldReader(const Frame& frame) : in_(frame.body), version_(frame.version) {}

  // Every field was what it has to be, and nothing is left.
  bool done() const { return in_.ok() && in_.at_end(); }
  void fail() { in_.fail(); }

  template <class... Fields>
  void operator()(Fields&... fields) {
    (read(fields), ...);
  }

  // Values of older versions do not have them: they stay as they are.
  template <class... Fields>
  void since(LayoutVersion version, Fields&... fields) {
    if (version_ >= version) (read(fields), ...);
  }

  // In older versions `older` was the field.
  template <class Field>
  void since_or(LayoutVersion version, Field& field, const Field& older) {
    if (version_ >= version) {
      read(field);
    } else {
      field = older;
    }
  }

 private:
  void read(bool& value) { value = in_.boolean(); }
  void read(std::uint8_t& value) { value = in_.byte(); }
  void read(std::uint32_t& value) { value = in_.uint32(); }
  void read(std::uint64_t& value) { value = in_.uint(); }
  void read(std::int64_t& value) { value = in_.integer(); }
  void read(std::chrono::milliseconds& value) { value = std::chrono::milliseconds(in_.integer()); }
  void read(std::string& value) { value = in_.bytes(); }
  void read(SharedText& value) { value = std::string(in_.bytes()); }
  void read(Json& value);
  void read(ErrorCode& code) { code = error_code_from(in_.bytes()); }

  template <class T>
  void read(std::optional<T>& value) {
    if (in_.boolean()) read(value.emplace());
  }
  template <class T>
  void read(std::vector<T>& list) {
    const std::size_t count = in_.count(bytes_min_of<T>);
    list.reserve(count);
    for (std::size_t i = 0; i < count && in_.ok(); ++i)
      read(list.emplace_back());
  }
  template <class T, std::size_t count>
  void read(std::array<T, count>& elements) {
    for (auto& element : elements)
      read(element);
  }
  template <class T>
  void read(std::shared_ptr<const T>& shared) {
    const auto made = std::make_shared<T>();
    read(*made);
    shared = made;
  }
  template <class T>
  void read(T& value) {
    if constexpr (std::is_enum_v<T>) {
      constexpr auto numbers = numbers_of<T>;
      const int place = in_.byte() - numbers.first_number;
      const int number = static_cast<int>(numbers.first) + place;
      if (place < 0 || number > static_cast<int>(numbers.last)) return in_.fail();
      value = static_cast<T>(number);
    } else {
      layout(*this, value);
    }
  }

  WireReader in_;
  LayoutVersion version_;
};

}  // namespace parlance::storage
