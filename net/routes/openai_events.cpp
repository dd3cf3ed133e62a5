#include "net/routes/openai_events.hpp"

#include "net/json_text.hpp"
#include "net/response.hpp"
#include "net/turn_answer.hpp"
#include "runtime/llm/answer_notes.hpp"
#include "runtime/llm/tool_calls.hpp"

#include <variant>

namespace parlance::net {
namespace {

constexpr std::string_view between_messages = "\n\n";

void append_usage(std::string& out, const Usage& usage) {
  out.append(R"({"prompt_tokens":)");
  append_number(out, usage.tokens_in);
  out.append(R"(,"completion_tokens":)");
  append_number(out, usage.tokens_out);
  out.append(R"(,"total_tokens":)");
  append_number(out, std::uint64_t{usage.tokens_in} + usage.tokens_out);
  if (usage.tokens_in_cached > 0) {
    out.append(R"(,"prompt_tokens_details":{"cached_tokens":)");
    append_number(out, usage.tokens_in_cached);
    out.push_back('}');
  }
  out.push_back('}');
}

std::string_view finish_reason(const TurnEnded& ended) {
  switch (ended.stop_reason) {
    case StopReason::length:
      return "length";
    case StopReason::tool_calls:
      return "tool_calls";
    case StopReason::content_filter:
      return "content_filter";
    case StopReason::stop:
      break;
  }
  return "stop";
}

void append_head(std::string& out,
                 const CompletionLook& look,
                 const TurnStart& start,
                 std::string_view object) {
  out.append(R"({"id":)");
  append_quoted(out, look.id);
  out.append(R"(,"object":")").append(object).append(R"(","created":)");
  append_number(out, static_cast<std::uint64_t>(start.accepted->accepted_ms / 1'000));
  out.append(R"(,"model":)");
  append_quoted(out, look.model);
}

}  // namespace

void OpenaiEvents::append_chunk(std::string& out,
                                std::string_view choices,
                                std::string_view usage,
                                const EventId* id) {
  begin_event(out, {});
  append_head(out, look_, view_->start(), "chat.completion.chunk");
  out.append(R"(,"choices":)").append(choices);
  if (look_.include_usage) out.append(R"(,"usage":)").append(usage);
  out.push_back('}');
  end_event(out, look_.with_ids ? id : nullptr);
}

void OpenaiEvents::append_text(std::string& out,
                               std::string_view message,
                               std::string_view text,
                               EventId id) {
  std::string choices = R"([{"index":0,"delta":{)";
  if (message_.empty()) choices.append(R"("role":"assistant",)");
  choices.append(R"("content":)");
  if (!message_.empty() && message_ != message) {
    append_quoted(choices, std::string(between_messages).append(text));
  } else {
    append_quoted(choices, text);
  }
  choices.append(R"(},"logprobs":null,"finish_reason":null}])");
  message_ = message;
  append_chunk(out, choices, "null", &id);
}

// Each call as two deltas, as clients expect it: what is called, then with what. They have no ids
// of their own: an id names one event.
void OpenaiEvents::append_tool_calls(std::string& out, const Message& message) {
  const auto calls = tool_calls_of(message);
  for (std::size_t i = 0; i < calls.size(); ++i) {
    Json opening = openai_tool_calls({calls[i]}).front();
    opening["index"] = i;
    opening["function"]["arguments"] = "";
    Json arguments{{"index", i}, {"function", {{"arguments", calls[i].arguments}}}};
    for (const auto* delta : {&opening, &arguments}) {
      std::string choices = R"([{"index":0,"delta":{)";
      if (message_.empty()) choices.append(R"("role":"assistant","content":null,)");
      choices.append(R"("tool_calls":[)");
      append_json(choices, *delta);
      choices.append(R"(]},"logprobs":null,"finish_reason":null}])");
      message_ = message.id;
      append_chunk(out, choices, "null", nullptr);
    }
  }
}

void OpenaiEvents::append_refusal(std::string& out, const Message& message) {
  const auto refusal = refusal_of(message);
  if (refusal.empty()) return;
  std::string choices = R"([{"index":0,"delta":{)";
  if (message_.empty()) choices.append(R"("role":"assistant","content":null,)");
  choices.append(R"("refusal":)");
  append_quoted(choices, refusal);
  choices.append(R"(},"logprobs":null,"finish_reason":null}])");
  message_ = message.id;
  append_chunk(out, choices, "null", nullptr);
}

void OpenaiEvents::append_failure(std::string& out, const Error& error) {
  over_ = true;
  begin_event(out, {});
  out.append(R"({"error":)").append(openai_error_object(error)).push_back('}');
  end_event(out, nullptr);
}

void OpenaiEvents::show(const RecordPtr& record, std::string& out) {
  if (over_) return;
  const EventId id{record->seq, 0};
  if (const auto* delta = get_if<Delta>(&record->event)) {
    for (std::size_t i = 0; i < delta->pieces.size(); ++i) {
      append_text(out, delta->message, delta->pieces[i], {id.seq, 3 * i});
    }
  } else if (const auto* step = get_if<StepDone>(&record->event)) {
    for (std::size_t i = 0; i < step->messages.size(); ++i) {
      const Message& message = *step->messages[i];
      if (message.role != Role::ai) continue;
      const EventId place{id.seq, 1 + 3 * i};
      const bool to_show = !view_->was_streamed(message.id);
      if (to_show && !message.text.empty()) append_text(out, message.id, message.text, place);
      append_refusal(out, message);
      append_tool_calls(out, message);
    }
  } else if (holds_alternative<Superseded>(record->event)) {
    append_failure(out, {ErrorCode::answer_superseded, {}, {}, {}});
  } else if (const auto* ended = get_if<TurnEnded>(&record->event)) {
    if (!succeeded(ended->outcome)) {
      append_failure(out, error_of(*ended));
    } else {
      std::string choices = R"([{"index":0,"delta":{)";
      if (message_.empty()) choices.append(R"("role":"assistant","content":"")");
      choices.append(R"(},"logprobs":null,"finish_reason":")")
          .append(finish_reason(*ended))
          .append(R"("}])");
      append_chunk(out, choices, "null", &id);
      if (look_.include_usage) {
        std::string usage;
        append_usage(usage, ended->usage);
        append_chunk(out, "[]", usage, nullptr);
      }
    }
  }
  view_->apply(record);
}

void OpenaiEvents::close(const std::optional<Error>& error, std::string& out) {
  if (over_) return;
  if (error) return append_failure(out, *error);
  begin_event(out, {});
  out.append("[DONE]");
  end_event(out, nullptr);
}

std::string completion_text(const CompletionLook& look, const TurnView& turn) {
  std::string answer;
  std::string refusal;
  std::vector<ToolCall> calls;
  for (const auto& message : turn.added()) {
    if (message->role != Role::ai) continue;
    if (!answer.empty() && !message->text.empty()) answer.append(between_messages);
    answer.append(message->text);
    refusal.append(refusal_of(*message));
    for (auto& call : tool_calls_of(*message))
      calls.push_back(std::move(call));
  }
  std::string text;
  text.reserve(512 + answer.size());
  append_head(text, look, turn.start(), "chat.completion");
  text.append(R"(,"choices":[{"index":0,"message":{"role":"assistant","content":)");
  if (answer.empty() && (!calls.empty() || !refusal.empty())) {
    text.append("null");
  } else {
    append_quoted(text, answer);
  }
  if (!calls.empty()) {
    text.append(R"(,"tool_calls":)");
    append_json(text, openai_tool_calls(calls));
  }
  text.append(R"(,"refusal":)");
  if (refusal.empty()) {
    text.append("null");
  } else {
    append_quoted(text, refusal);
  }
  text.append(R"(},"logprobs":null,"finish_reason":")").append(finish_reason(*turn.ended()));
  text.append(R"("}],"usage":)");
  append_usage(text, turn.ended()->usage);
  text.push_back('}');
  return text;
}

}  // namespace parlance::net
