#include "runtime/base/json.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/src.hpp>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <utility>
#include <vector>

namespace parlance {
namespace {

// Builds a value from what Boost.JSON's parser reads, which checks UTF-8 and depth on its way.
class Builder {
 public:
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_object_size = max_array_size;
  static constexpr std::size_t max_string_size = max_array_size;
  static constexpr std::size_t max_key_size = max_array_size;

  using Code = boost::json::error_code;
  using Text = boost::json::string_view;

  Json take() { return std::move(root_); }

  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_array_begin(Code&) { return open(Json::array()); }
  bool on_array_end(std::size_t, Code&) { return close(); }
  bool on_object_begin(Code&) { return open(Json::object()); }
  bool on_object_end(std::size_t, Code&) { return close(); }
  bool on_key_part(Text part, std::size_t, Code&) { return keep(part); }
  bool on_key(Text part, std::size_t, Code&) {
    member_ = &open_.back()->get_ref<Json::object_t&>()[whole(part)];
    return true;
  }
  bool on_string_part(Text part, std::size_t, Code&) { return keep(part); }
  bool on_string(Text part, std::size_t, Code&) { return add(whole(part)); }
  bool on_number_part(Text part, Code&) { return keep(part); }
  bool on_int64(std::int64_t number, Text, Code&) {
    parts_.clear();
    return number < 0 ? add(number) : add(static_cast<std::uint64_t>(number));
  }
  bool on_uint64(std::uint64_t number, Text, Code&) {
    parts_.clear();
    return add(number);
  }
  // The parser's own number may be off by its last bit.
  bool on_double(double, Text part, Code& code) {
    const std::string text = whole(part);
    double number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec == std::errc::result_out_of_range) number = std::strtod(text.c_str(), nullptr);
    if (std::isfinite(number)) return add(number);
    code = boost::json::error::exponent_overflow;
    return false;
  }
  bool on_bool(bool value, Code&) { return add(value); }
  bool on_null(Code&) { return add(nullptr); }
  bool on_comment_part(Text, Code&) { return true; }
  bool on_comment(Text, Code&) { return true; }

 private:
  bool keep(Text part) {
    parts_.append(part.data(), part.size());
    return true;
  }
  std::string whole(Text part) {
    if (parts_.empty()) return {part.data(), part.size()};
    keep(part);
    return std::exchange(parts_, {});
  }

  Json& place(Json value) {
    if (open_.empty()) return root_ = std::move(value);
    if (open_.back()->is_object()) return *member_ = std::move(value);
    auto& elements = open_.back()->get_ref<Json::array_t&>();
    return elements.emplace_back(std::move(value));
  }
  bool add(Json value) {
    place(std::move(value));
    return true;
  }
  bool open(Json empty) {
    open_.push_back(&place(std::move(empty)));
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  Json root_;
  std::vector<Json*> open_;  // the objects and arrays around the next value
  Json* member_ = nullptr;   // that the next value of an object is for
  std::string parts_;        // of a text or number that the parser gives in several
};

}  // namespace

// Follows table 3-7 of the Unicode standard, "Well-Formed UTF-8 Byte Sequences".
bool is_utf8(std::string_view text) {
  std::size_t i = 0;
  const auto byte = [&](std::size_t at) {
    return at < text.size() ? static_cast<std::uint8_t>(text[at]) : std::uint8_t{0};
  };
  const auto continues = [&](std::size_t at) { return (byte(at) & 0xC0U) == 0x80U; };
  while (i < text.size()) {
    const std::uint8_t b = byte(i);
    if (b < 0x80U) {
      i += 1;
    } else if (b >= 0xC2U && b <= 0xDFU) {
      if (!continues(i + 1)) return false;
      i += 2;
    } else if (b >= 0xE0U && b <= 0xEFU) {
      if (!continues(i + 1) || !continues(i + 2)) return false;
      if (b == 0xE0U && byte(i + 1) < 0xA0U) return false;
      if (b == 0xEDU && byte(i + 1) > 0x9FU) return false;
      i += 3;
    } else if (b >= 0xF0U && b <= 0xF4U) {
      if (!continues(i + 1) || !continues(i + 2) || !continues(i + 3)) return false;
      if (b == 0xF0U && byte(i + 1) < 0x90U) return false;
      if (b == 0xF4U && byte(i + 1) > 0x8FU) return false;
      i += 4;
    } else {
      return false;
    }
  }
  return true;
}

Result<Json> parse_json(std::string_view text, std::size_t depth_max) {
  boost::json::parse_options options;
  options.max_depth = depth_max;
  boost::json::basic_parser<Builder> parser(options);
  boost::json::error_code failed;
  const std::size_t read = parser.write_some(/*more=*/false, text.data(), text.size(), failed);
  if (!failed && read == text.size()) return parser.handler().take();
  if (!is_utf8(text)) return Error{ErrorCode::not_utf8, "the body is not UTF-8", {}, {}};
  if (failed == boost::json::error::too_deep) {
    return Error{
        ErrorCode::too_deep, "the JSON is nested deeper than " + std::to_string(depth_max), {}, {}};
  }
  return Error{ErrorCode::malformed_json, "the body is not valid JSON", {}, {}};
}

std::size_t bytes_of(const Json& value) {
  constexpr std::size_t member_overhead = sizeof(std::string) + 48;  // the node of a tree
  std::size_t bytes = sizeof(Json);
  if (const auto* const text = value.get_ptr<const std::string*>()) {
    bytes += sizeof(std::string) + text->size();
  } else if (const auto* const members = value.get_ptr<const Json::object_t*>()) {
    for (const auto& [name, member] : *members)
      bytes += member_overhead + name.size() + bytes_of(member);
  } else if (value.is_array()) {
    for (const auto& element : value)
      bytes += bytes_of(element);
  }
  return bytes;
}

std::string dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace parlance
