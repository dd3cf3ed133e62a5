#include "runtime/llm/answer_notes.hpp"

namespace parlance {
namespace {

constexpr const char* metadata_key = "response_metadata";
constexpr const char* more_key = "additional_kwargs";

std::string text_in(const Json& object, const char* name) {
  if (!object.is_object()) return {};
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string text_in(const Json& object, const char* member, const char* name) {
  if (!object.is_object()) return {};
  const auto found = object.find(member);
  return found == object.end() ? std::string() : text_in(*found, name);
}

}  // namespace

void set_notes(Message& message, const ChatAnswer& answer) {
  if (!answer.model.empty()) message.extra[metadata_key]["model_name"] = answer.model;
  if (answer.stop_reason == StopReason::length)
    message.extra[metadata_key]["finish_reason"] = "length";
  if (answer.stop_reason == StopReason::content_filter)
    message.extra[metadata_key]["finish_reason"] = "content_filter";
  if (answer.source == AnswerSource::shared_call)
    message.extra[metadata_key]["answered_by"] = "shared_call";
  if (answer.source == AnswerSource::kept_answer)
    message.extra[metadata_key]["answered_by"] = "kept_answer";
  if (!answer.refusal.empty()) message.extra[more_key]["refusal"] = answer.refusal;
}

bool was_cut(const Message& message) {
  return text_in(message.extra, metadata_key, "finish_reason") == "length";
}

std::string refusal_of(const Message& message) {
  auto refusal = text_in(message.extra, "refusal");
  return refusal.empty() ? text_in(message.extra, more_key, "refusal") : refusal;
}

}  // namespace parlance
