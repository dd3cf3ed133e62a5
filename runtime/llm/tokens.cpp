#include "runtime/llm/tokens.hpp"

#include "runtime/llm/embedding.hpp"

#include <algorithm>

namespace parlance {
namespace {

constexpr std::uint64_t tokens_around_message = 4;

}  // namespace

std::uint64_t tokens_of(std::string_view text) {
  const auto ascii = static_cast<std::uint64_t>(std::count_if(
      text.begin(), text.end(), [](char byte) { return static_cast<unsigned char>(byte) < 0x80; }));
  const std::uint64_t others = text.size() - ascii;
  return (ascii + 2) / 3 + (2 * others + 2) / 3;
}

std::uint64_t tokens_of(const Message& message) {
  std::uint64_t tokens = tokens_around_message + tokens_of(message.text);
  if (message.extra.is_object()) tokens += tokens_of(message.extra.dump());
  return tokens;
}

std::uint64_t tokens_of(const EmbeddingInput& input) {
  std::uint64_t tokens = 0;
  for (const auto& text : input.texts)
    tokens += tokens_around_message + tokens_of(text);
  for (const auto& list : input.tokens)
    tokens += list.size();
  return tokens;
}

std::uint64_t prompt_tokens_of(const ChatRequest& request) {
  std::uint64_t tokens = request.embeds ? tokens_of(*request.embeds) : 0;
  for (const auto& message : request.messages)
    tokens += tokens_of(*message);
  if (!request.client_options.empty()) tokens += tokens_of(request.client_options.dump());
  return tokens;
}

std::uint64_t tokens_max_of(const ChatRequest& request) {
  return prompt_tokens_of(request) + request.tokens_out_max;
}

Usage estimated_usage(const ChatRequest& request, const ChatAnswer& answer) {
  std::uint64_t said = tokens_of(answer.text) + tokens_of(answer.refusal);
  for (const auto& call : answer.tool_calls)
    said += tokens_of(call.name) + tokens_of(call.arguments);
  Usage usage;
  usage.tokens_in =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(prompt_tokens_of(request), UINT32_MAX));
  usage.tokens_out =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(said, request.tokens_out_max));
  return usage;
}

}  // namespace parlance
