#include "runtime/llm/kept_answers.hpp"

#include <utility>

namespace parlance {
namespace {

constexpr std::uint64_t bytes_around_answer = 512;

bool may_be_kept(const ChatAnswer& answer) {
  return answer.stop_reason == StopReason::stop && answer.tool_calls.empty() &&
         answer.refusal.empty() && !answer.text.empty();
}

std::uint64_t bytes_of(const KeptAnswer& answer) {
  return bytes_around_answer + answer.key.tenant.size() + answer.key.identity.size() +
         answer.model.size() + answer.text.size();
}

}  // namespace

void KeptAnswers::load(KeptAnswer answer, std::int64_t now_ms) {
  if (answer.until_ms <= now_ms) return;
  const AnswerKey key = answer.key;
  const std::lock_guard lock(mutex_);
  if (!add(std::move(answer)) && store_ != nullptr) store_->remove(key);
}

std::optional<ChatAnswer> KeptAnswers::find(const std::string& identity, std::int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  const KeptAnswer* const kept = answers_.find(identity);
  if (kept == nullptr) return std::nullopt;
  if (kept->until_ms <= now_ms) {
    remove(identity);
    return std::nullopt;
  }
  ChatAnswer answer;
  answer.model = kept->model;
  answer.text = kept->text;
  answer.source = AnswerSource::kept_answer;
  return answer;
}

std::uint64_t KeptAnswers::forgets() const {
  const std::lock_guard lock(mutex_);
  return forgets_;
}

void KeptAnswers::keep(const AnswerKey& key,
                       const ChatAnswer& answer,
                       std::int64_t until_ms,
                       std::uint64_t forgets_before) {
  if (!may_be_kept(answer)) return;
  KeptAnswer kept{key, answer.model, answer.text, until_ms};
  const std::lock_guard lock(mutex_);
  if (forgets_ != forgets_before) return;
  remove(key.identity);
  if (add(kept) && store_ != nullptr) store_->keep(kept);
}

bool KeptAnswers::add(KeptAnswer answer) {
  const std::uint64_t bytes = bytes_of(answer);
  if (bytes > bytes_max_) return false;
  while (bytes_ + bytes > bytes_max_)
    has_left(*answers_.remove_oldest());
  bytes_ += bytes;
  const std::string identity = answer.key.identity;
  answers_.find_or_make(identity, [&] { return std::move(answer); });
  return true;
}

void KeptAnswers::remove(const std::string& identity) {
  if (const auto removed = answers_.remove(identity)) has_left(*removed);
}

void KeptAnswers::has_left(const KeptAnswer& answer) {
  bytes_ -= bytes_of(answer);
  if (store_ != nullptr) store_->remove(answer.key);
}

void KeptAnswers::forget(const std::string& tenant, Forgotten done) {
  std::uint64_t forgotten = 0;
  {
    const std::lock_guard lock(mutex_);
    ++forgets_;
    const auto removed = answers_.remove_if(
        [&](const KeptAnswer& answer) { return tenant.empty() || answer.key.tenant == tenant; });
    for (const auto& answer : removed)
      bytes_ -= bytes_of(answer);
    forgotten = removed.size();
    if (store_ != nullptr) {
      return store_->forget(tenant, [forgotten, done = std::move(done)](const Result<void>& gone) {
        done(gone ? Result<std::uint64_t>(forgotten) : gone.error());
      });
    }
  }
  done(forgotten);
}

std::uint64_t KeptAnswers::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

std::uint64_t KeptAnswers::size() const {
  const std::lock_guard lock(mutex_);
  return answers_.size();
}

}  // namespace parlance
