#include "runtime/llm/extractive.hpp"

#include "runtime/llm/question.hpp"
#include "runtime/llm/quotations.hpp"
#include "runtime/llm/text.hpp"

namespace parlance {
namespace {

// As many whole quotations as fit into the tokens asked for, and at least one.
void quote(const ChatRequest& request, ChatAnswer& answer) {
  const auto question = question_of(request.messages, request.synonyms.get());
  for (const auto& quotation : quotations_for(question, request.passages, request.frequencies)) {
    auto longer = answer.text + (answer.text.empty() ? "" : " ") + quotation.sentence + " [" +
                  std::to_string(quotation.passage + 1) + ']';
    if (!answer.text.empty() && pieces_of(longer).size() > request.tokens_out_max) {
      answer.stop_reason = StopReason::length;
      break;
    }
    answer.text = std::move(longer);
  }
  if (answer.text.empty()) answer.text = extractive_decline;
}

}  // namespace

ChatAnswer answer_from_passages(const ChatRequest& request) {
  ChatAnswer answer;
  answer.model = extractive_model;
  if (request.passages.empty()) {
    answer.text = extractive_without_passages;
  } else {
    quote(request, answer);
  }
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
