// Reads one object of a settings-like file, key by key, and keeps the first fault.
//
//   ObjectReader reader(settings);
//   const auto passages_max = reader.number("passages_max", 6, {1, 50});
//   if (auto read = reader.finish(); !read) return read.error();
//
// A key that is missing or wrong reads as its fallback, so the values mean something only once
// finish() was asked. Errors are invalid_value; `detail` is the reason alone, `field` the path.
//
// Threading: used by one thread; the object must outlive it.
#pragma once

#include "runtime/base/json.hpp"
#include "runtime/base/result.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace parlance {

class ObjectReader {
 public:
  template <class T>
  struct Range {
    T least;
    T most;
  };

  // `path` is what stands before the keys in errors: "limits", or nothing.
  explicit ObjectReader(const Json& object, std::string path = {});

  bool has(std::string_view key) const;

  std::string text(std::string_view key, std::string fallback);
  std::string required_text(std::string_view key);
  std::vector<std::string> texts(std::string_view key);
  bool flag(std::string_view key, bool fallback);
  std::uint32_t number(std::string_view key, std::uint32_t fallback, Range<std::uint32_t> range);
  std::chrono::milliseconds duration(std::string_view key,
                                     std::chrono::milliseconds fallback,
                                     Range<std::chrono::milliseconds> range);
  // An empty object when the key is missing.
  const Json& object(std::string_view key);
  // Any value; null when the key is missing.
  const Json& value(std::string_view key);

  void fault(std::string_view key, std::string reason);

  // The first fault; a key that nobody asked for is one.
  Result<void> finish() const;

  std::string path_of(std::string_view key) const;

 private:
  const Json* find(std::string_view key);

  const Json& object_;
  const std::string path_;
  std::set<std::string, std::less<>> known_;
  std::optional<Error> fault_;
};

}  // namespace parlance
