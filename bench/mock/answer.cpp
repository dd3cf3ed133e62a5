#include "bench/mock/answer.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace parlance::bench {
namespace {

constexpr std::size_t token_characters = 8;

std::int64_t now_s() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

MockAnswer::MockAnswer(const MockPrompt& prompt, std::uint64_t entry, std::uint32_t tokens_wanted)
    : prompt_(prompt),
      entry_(entry),
      created_s_(now_s()) {
  if (!prompt.calls.empty()) {
    for (std::size_t index = 0; index < prompt.calls.size(); ++index) {
      say(prompt.calls[index].arguments, index);
    }
  } else if (prompt.json) {
    say(*prompt.json, 0);
  } else {
    const auto count = std::min<std::uint64_t>(tokens_wanted, prompt.tokens_max + 1ULL);
    tokens_.push_back({std::string(echo_of(prompt.echoed))});
    for (std::uint64_t index = 1; index < count; ++index) {
      tokens_.push_back({" w" + std::to_string(index)});
    }
  }
  length_limited_ = tokens_.size() > prompt.tokens_max;
  if (length_limited_) tokens_.resize(prompt.tokens_max);
  if (prompt.calls.empty() && !prompt.stop.empty()) stop_early();
}

void MockAnswer::say(std::string_view text, std::size_t call) {
  bool begins = true;
  while (!text.empty()) {
    const auto piece = first_characters(text, token_characters);
    tokens_.push_back({std::string(piece), call, begins});
    text.remove_prefix(piece.size());
    begins = false;
  }
}

void MockAnswer::stop_early() {
  std::string text;
  for (const auto& token : tokens_) {
    text += token.text;
  }
  auto left = std::string::npos;
  for (const auto& sequence : prompt_.stop) {
    left = std::min(left, text.find(sequence));
  }
  if (left == std::string::npos) return;
  length_limited_ = false;
  std::size_t kept = 0;
  do {
    auto& token = tokens_[kept++].text;
    token.resize(std::min(token.size(), left));
    left -= token.size();
  } while (left > 0);
  tokens_.resize(kept);
}

bool MockAnswer::ends_call(std::uint32_t index) const {
  return index + 1 == tokens_.size() || tokens_[index + 1].begins;
}

std::string MockAnswer::call_id(std::size_t call) const {
  const auto suffix = call == 0 ? std::string() : "_" + std::to_string(call + 1);
  return "call_mock" + std::to_string(entry_) + suffix;
}

std::string MockAnswer::call_text(std::size_t call) const {
  std::string text;
  for (const auto& token : tokens_) {
    if (token.call == call) text += token.text;
  }
  return text;
}

}  // namespace parlance::bench
