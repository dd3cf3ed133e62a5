#include "runtime/llm/window.hpp"

#include "runtime/llm/tool_calls.hpp"

#include <algorithm>

namespace parlance {
namespace {

using Place = Messages::const_iterator;

bool is_tool(const MessagePtr& message) {
  return message->role == Role::tool;
}

// Where the round that ends before `end` begins. What a tool says without a call before it is a
// round of its own.
Place begin_of_round(Place first, Place end) {
  auto call = end - 1;
  while (call != first && is_tool(*call))
    --call;
  const bool has_calls = (*call)->role == Role::ai && !tool_calls_of(**call).empty();
  return has_calls ? call : end - 1;
}

Place newest_human(const Messages& conversation) {
  const auto found = std::find_if(conversation.rbegin(),
                                  conversation.rend(),
                                  [](const auto& message) { return message->role == Role::human; });
  return found == conversation.rend() ? conversation.end() : found.base() - 1;
}

}  // namespace

Messages window_of(const Messages& conversation, std::size_t messages_max) {
  if (conversation.empty()) return {};
  const auto first = conversation.begin();
  const auto end = conversation.end();
  const auto question = newest_human(conversation);
  const auto is_asked_before = [&](Place place) { return question != end && question < place; };

  auto from = begin_of_round(first, end);
  const auto taken = [&](Place place) {
    return static_cast<std::size_t>(end - place) + (is_asked_before(place) ? 1 : 0);
  };
  const bool keeps_opening = (*first)->role == Role::system && taken(from) < messages_max;
  const std::size_t room = messages_max - (keeps_opening ? 1 : 0);
  while (from != first) {
    const auto next = begin_of_round(first, from);
    if (taken(next) > room) break;
    from = next;
  }
  while (end - from > 1 && is_tool(*from) && !is_asked_before(from))
    ++from;

  Messages window;
  if (keeps_opening && from != first) window.push_back(*first);
  if (is_asked_before(from)) window.push_back(*question);
  window.insert(window.end(), from, end);
  return window;
}

}  // namespace parlance
