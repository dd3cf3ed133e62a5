#include "runtime/llm/window.hpp"

#include "runtime/llm/tokens.hpp"
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

// What messages take of both bounds.
struct Size {
  std::uint64_t messages = 0;
  std::uint64_t tokens = 0;

  static Size of(Place from, Place to) {
    Size size;
    for (; from != to; ++from)
      size = size + Size{1, tokens_of(**from)};
    return size;
  }
  Size operator+(const Size& more) const {
    return {messages + more.messages, tokens + more.tokens};
  }
  bool fits(const Size& bounds) const {
    return messages <= bounds.messages && tokens <= bounds.tokens;
  }
};

Place newest_human(const Messages& conversation) {
  const auto found = std::find_if(conversation.rbegin(),
                                  conversation.rend(),
                                  [](const auto& message) { return message->role == Role::human; });
  return found == conversation.rend() ? conversation.end() : found.base() - 1;
}

}  // namespace

Messages window_of(const Messages& conversation,
                   std::size_t messages_max,
                   std::uint64_t tokens_max) {
  if (conversation.empty()) return {};
  const auto first = conversation.begin();
  const auto end = conversation.end();
  const auto question = newest_human(conversation);
  const auto is_asked_before = [&](Place place) { return question != end && question < place; };

  const Size bounds{messages_max, tokens_max};
  const auto with_question = [&](Place place, const Size& behind) {
    return is_asked_before(place) ? behind + Size::of(question, question + 1) : behind;
  };

  auto from = begin_of_round(first, end);
  auto size = Size::of(from, end);
  const bool has_opening = (*first)->role == Role::system;
  const Size opening = has_opening ? Size::of(first, first + 1) : Size();
  const bool keeps_opening = has_opening && (with_question(from, size) + opening).fits(bounds);
  const Size kept = keeps_opening ? opening : Size();
  while (from != first) {
    const auto next = begin_of_round(first, from);
    const Size more = size + Size::of(next, from);
    if (!(with_question(next, more) + kept).fits(bounds)) break;
    from = next;
    size = more;
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
