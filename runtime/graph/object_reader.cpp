#include "runtime/graph/object_reader.hpp"

#include "runtime/base/units.hpp"

#include <utility>

namespace parlance {
namespace {

const Json& empty_object() {
  static const Json empty = Json::object();
  return empty;
}

const Json& null_value() {
  static const Json null = nullptr;
  return null;
}

}  // namespace

ObjectReader::ObjectReader(const Json& object, std::string path)
    : object_(object),
      path_(std::move(path)) {
  if (!object_.is_object()) fault({}, "must be an object");
}

bool ObjectReader::has(std::string_view key) const {
  return object_.is_object() && object_.contains(key);
}

const Json* ObjectReader::find(std::string_view key) {
  known_.emplace(key);
  if (!object_.is_object()) return nullptr;
  const auto found = object_.find(key);
  return found == object_.end() ? nullptr : &*found;
}

std::string ObjectReader::text(std::string_view key, std::string fallback) {
  const Json* value = find(key);
  if (value == nullptr) return fallback;
  if (value->is_string()) return value->get<std::string>();
  fault(key, "must be a string");
  return fallback;
}

std::string ObjectReader::required_text(std::string_view key) {
  if (find(key) == nullptr) fault(key, "is missing");
  auto read = text(key, {});
  if (read.empty()) fault(key, "must not be empty");
  return read;
}

std::vector<std::string> ObjectReader::texts(std::string_view key) {
  std::vector<std::string> read;
  const Json* value = find(key);
  if (value == nullptr) return read;
  if (!value->is_array()) {
    fault(key, "must be a list of strings");
    return read;
  }
  for (const auto& item : *value) {
    if (!item.is_string() || item.get_ref<const std::string&>().empty()) {
      fault(std::string(key) + '.' + std::to_string(read.size()),
            "must be a string, and not empty");
      return read;
    }
    read.push_back(item.get<std::string>());
  }
  return read;
}

bool ObjectReader::flag(std::string_view key, bool fallback) {
  const Json* value = find(key);
  if (value == nullptr) return fallback;
  if (value->is_boolean()) return value->get<bool>();
  fault(key, "must be true or false");
  return fallback;
}

std::uint32_t ObjectReader::number(std::string_view key,
                                   std::uint32_t fallback,
                                   Range<std::uint32_t> range) {
  const Json* value = find(key);
  if (value == nullptr) return fallback;
  if (value->is_number_integer() && (value->is_number_unsigned() || *value >= 0)) {
    const auto number = value->get<std::uint64_t>();
    if (number >= range.least && number <= range.most) return static_cast<std::uint32_t>(number);
  }
  fault(key,
        "must be a whole number from " + std::to_string(range.least) + " to " +
            std::to_string(range.most));
  return fallback;
}

std::chrono::milliseconds ObjectReader::duration(std::string_view key,
                                                 std::chrono::milliseconds fallback,
                                                 Range<std::chrono::milliseconds> range) {
  const Json* value = find(key);
  if (value == nullptr) return fallback;
  if (!value->is_string()) {
    fault(key, "must be a duration, such as \"30s\"");
    return fallback;
  }
  auto read = parse_duration(value->get_ref<const std::string&>());
  if (!read) {
    fault(key, read.error().detail);
    return fallback;
  }
  if (*read < range.least || *read > range.most) {
    fault(key, "must be from " + to_text(range.least) + " to " + to_text(range.most));
    return fallback;
  }
  return *read;
}

const Json& ObjectReader::object(std::string_view key) {
  const Json* value = find(key);
  if (value == nullptr) return empty_object();
  if (value->is_object()) return *value;
  fault(key, "must be an object");
  return empty_object();
}

const Json& ObjectReader::value(std::string_view key) {
  const Json* found = find(key);
  return found == nullptr ? null_value() : *found;
}

void ObjectReader::fault(std::string_view key, std::string reason) {
  if (!fault_) fault_ = Error{ErrorCode::invalid_value, std::move(reason), path_of(key), {}};
}

Result<void> ObjectReader::finish() const {
  if (fault_) return *fault_;
  for (const auto& item : object_.items()) {
    if (!known_.contains(item.key())) {
      return Error{ErrorCode::invalid_value, "is not known here", path_of(item.key()), {}};
    }
  }
  return {};
}

std::string ObjectReader::path_of(std::string_view key) const {
  if (path_.empty() || key.empty()) return path_ + std::string(key);
  return path_ + '.' + std::string(key);
}

}  // namespace parlance
