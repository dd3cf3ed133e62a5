#include "storage/record_fields.hpp"

namespace parlance::storage {

// The two that most records have are known without a parser.
void FieldReader::read(Json& value) {
  const std::string_view text = in_.bytes();
  value = nullptr;
  if (text == "null") return;
  if (text == "{}") {
    value = Json::object();
    return;
  }
  auto parsed = parse_json(text, json_depth_max);
  if (!parsed) return in_.fail();
  value = std::move(*parsed);
}

}  // namespace parlance::storage
