#include "net/providers/wire_messages.hpp"

#include "runtime/base/json_reading.hpp"
#include "runtime/llm/answer_notes.hpp"
#include "runtime/llm/tool_calls.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

namespace parlance::net {
namespace {

// A tool's name is the tool's own, which is known by its call.
WireMessage said(const Message& message) {
  WireMessage wire;
  wire.role = message.role == Role::tool ? Role::human : message.role;
  wire.text = message.text;
  if (message.role != Role::tool) wire.name = json_text(json_member(message.extra, "name"));
  return wire;
}

// A message of the model's and the tools' answers directly behind it, up to `end`: calls with their
// answers, one each, in the answers' order; what is left over is told as the user's.
void append_calls(std::vector<WireMessage>& list,
                  Messages::const_iterator message,
                  Messages::const_iterator end) {
  WireMessage spoken = said(**message);
  spoken.refusal = refusal_of(**message);
  spoken.calls = tool_calls_of(**message);
  std::map<std::string, ToolCall> unanswered;
  for (const auto& call : spoken.calls)
    unanswered.emplace(call.id, call);
  std::vector<WireMessage> answers;
  std::vector<WireMessage> left_over;
  for (auto next = message + 1; next != end; ++next) {
    const auto call = unanswered.find(answered_call_of(**next));
    if (call == unanswered.end()) {
      left_over.push_back(said(**next));
      continue;
    }
    WireMessage answer;
    answer.role = Role::tool;
    answer.text = (*next)->text;
    answer.answered = std::move(call->second);
    answers.push_back(std::move(answer));
    unanswered.erase(call);
  }
  std::erase_if(spoken.calls, [&](const ToolCall& call) { return unanswered.contains(call.id); });
  if (!spoken.text.empty() || !spoken.calls.empty() || !spoken.refusal.empty()) {
    list.push_back(std::move(spoken));
  }
  std::move(answers.begin(), answers.end(), std::back_inserter(list));
  std::move(left_over.begin(), left_over.end(), std::back_inserter(list));
}

}  // namespace

std::vector<WireMessage> wire_messages(const Messages& messages) {
  std::vector<WireMessage> list;
  list.reserve(messages.size());
  for (auto message = messages.begin(); message != messages.end();) {
    if ((*message)->role != Role::ai) {
      list.push_back(said(**message++));
      continue;
    }
    const auto end = std::find_if(message + 1, messages.end(), [](const MessagePtr& next) {
      return next->role != Role::tool;
    });
    append_calls(list, message, end);
    message = end;
  }
  return list;
}

}  // namespace parlance::net
