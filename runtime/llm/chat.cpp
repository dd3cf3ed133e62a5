#include "runtime/llm/chat.hpp"

#include <algorithm>

namespace parlance {

void merge_messages(Messages& messages, const Messages& added) {
  for (const auto& message : added) {
    const auto known = std::find_if(messages.begin(), messages.end(), [&](const auto& have) {
      return have->id == message->id;
    });
    if (known == messages.end()) {
      messages.push_back(message);
    } else {
      *known = message;
    }
  }
}

std::size_t bytes_of(const Message& message) {
  constexpr std::size_t overhead = sizeof(Message) + 64;  // and the two allocations around it
  return overhead + message.id.size() + message.text.size() + bytes_of(message.extra);
}

}  // namespace parlance
