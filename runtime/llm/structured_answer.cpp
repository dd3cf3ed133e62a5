#include "runtime/llm/structured_answer.hpp"

#include "runtime/llm/json_schema.hpp"

namespace parlance {
namespace {

constexpr std::size_t depth_max = 64;

}  // namespace

const Json* json_format_of(const Json& client_options) {
  if (!client_options.is_object()) return nullptr;
  const auto format = client_options.find("response_format");
  if (format == client_options.end() || !format->is_object()) return nullptr;
  const auto type = format->find("type");
  if (type == format->end() || (*type != "json_object" && *type != "json_schema")) return nullptr;
  return &*format;
}

std::optional<std::string> fault_of_answer(const ChatAnswer& answer, const Json& format) {
  const bool is_whole =
      answer.stop_reason == StopReason::stop && answer.tool_calls.empty() && answer.refusal.empty();
  if (!is_whole) return std::nullopt;
  const auto value = parse_json(answer.text, depth_max);
  if (!value) return "it is not JSON";
  if (format["type"] == "json_object") {
    if (value->is_object()) return std::nullopt;
    return "it is not a JSON object";
  }
  const Json& named = format["json_schema"];
  const auto schema = named.find("schema");
  if (schema == named.end()) return std::nullopt;
  const auto fault = fault_of_value(*value, *schema);
  if (!fault) return std::nullopt;
  return fault->path + ' ' + fault->what;
}

}  // namespace parlance
