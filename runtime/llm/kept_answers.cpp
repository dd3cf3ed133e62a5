#include "runtime/llm/kept_answers.hpp"

#include <utility>

namespace parlance {
namespace {

constexpr std::uint64_t bytes_around_answer = 512;

bool may_be_kept(const ChatAnswer& answer) {
  return answer.stop_reason == StopReason::stop && answer.tool_calls.empty() &&
         answer.refusal.empty() && !answer.text.empty();
}

}  // namespace

std::optional<ChatAnswer> KeptAnswers::find(const std::string& identity, Time now) {
  const std::lock_guard lock(mutex_);
  const Kept* const kept = answers_.find(identity);
  if (kept == nullptr) return std::nullopt;
  if (kept->until <= now) {
    remove(identity);
    return std::nullopt;
  }
  return kept->answer;
}

void KeptAnswers::keep(const std::string& identity, ChatAnswer answer, Time until) {
  if (!may_be_kept(answer)) return;
  answer.usage = {};
  answer.source = AnswerSource::kept_answer;
  const std::uint64_t bytes =
      bytes_around_answer + identity.size() + answer.model.size() + answer.text.size();
  const std::lock_guard lock(mutex_);
  remove(identity);
  if (bytes > bytes_max_) return;
  while (bytes_ + bytes > bytes_max_)
    bytes_ -= answers_.remove_oldest()->bytes;
  answers_.find_or_make(identity, [&] { return Kept{std::move(answer), until, bytes}; });
  bytes_ += bytes;
}

void KeptAnswers::remove(const std::string& identity) {
  if (const auto removed = answers_.remove(identity)) bytes_ -= removed->bytes;
}

std::uint64_t KeptAnswers::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace parlance
