#include "runtime/llm/extractive.hpp"

#include "runtime/llm/question.hpp"
#include "runtime/llm/quotations.hpp"
#include "runtime/llm/text.hpp"

namespace parlance {
namespace {

std::string quote(const ChatRequest& request) {
  const auto question = question_of(request.messages, request.synonyms.get());
  std::string text;
  for (const auto& quotation : quotations_for(question, request.passages)) {
    if (!text.empty()) text += ' ';
    text += quotation.sentence + " [" + std::to_string(quotation.passage + 1) + ']';
  }
  return text.empty() ? std::string(extractive_decline) : text;
}

}  // namespace

ChatAnswer answer_from_passages(const ChatRequest& request) {
  ChatAnswer answer;
  answer.model = extractive_model;
  answer.text =
      request.passages.empty() ? std::string(extractive_without_passages) : quote(request);
  if (auto pieces = pieces_of(answer.text); pieces.size() > request.tokens_out_max) {
    answer.text.clear();
    for (std::size_t i = 0; i < request.tokens_out_max; ++i)
      answer.text += pieces[i];
    answer.stop_reason = StopReason::length;
  }
  std::size_t words_in = 0;
  for (const auto& message : request.messages)
    words_in += count_words(message->text);
  answer.usage = {static_cast<std::uint32_t>(words_in),
                  static_cast<std::uint32_t>(count_words(answer.text))};
  return answer;
}

}  // namespace parlance
