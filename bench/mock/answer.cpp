#include "bench/mock/answer.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace parlance::bench {
namespace {

constexpr std::size_t token_characters = 8;

std::string created() {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(
                            std::chrono::system_clock::now().time_since_epoch())
                            .count());
}

}  // namespace

MockAnswer::MockAnswer(const MockPrompt& prompt, std::uint64_t entry, std::uint32_t tokens_wanted)
    : prompt_(prompt),
      entry_(entry) {
  head_ = R"({"id":"chatcmpl-mock)" + std::to_string(entry) + R"(","object":")" +
          (prompt.stream ? "chat.completion.chunk" : "chat.completion") + R"(","created":)" +
          created() + R"(,"model":)" + dump(prompt.model) + R"(,"system_fingerprint":null,)";
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

std::string MockAnswer::event(std::string_view delta, std::string_view finish_reason) const {
  std::string text;
  text.reserve(head_.size() + delta.size() + 128);
  text.append("data: ").append(head_).append(R"("choices":[{"index":0,"delta":)").append(delta);
  text.append(R"(,"logprobs":null,"finish_reason":)").append(finish_reason).append("}]");
  if (prompt_.include_usage) text.append(R"(,"usage":null)");
  return text.append("}\n\n");
}

std::string MockAnswer::role_event() const {
  const std::string content = prompt_.calls.empty() ? R"("")" : "null";
  return event(R"({"role":"assistant","content":)" + content + R"(,"refusal":null})", "null");
}

std::string MockAnswer::token_event(std::uint32_t index) const {
  const auto& token = tokens_[index];
  if (prompt_.calls.empty()) return event(R"({"content":)" + dump(token.text) + "}", "null");
  std::string events;
  if (token.begins) {
    auto begun = call(token.call, "");
    begun["index"] = token.call;
    events = event(dump({{"tool_calls", Json::array({begun})}}), "null");
  }
  const Json piece = {{"index", token.call}, {"function", {{"arguments", token.text}}}};
  return events + event(dump({{"tool_calls", Json::array({piece})}}), "null");
}

std::string MockAnswer::end_event() const {
  return event("{}", finish_reason());
}

std::string MockAnswer::usage_event() const {
  if (!prompt_.include_usage) return {};
  return "data: " + head_ + R"("choices":[],"usage":)" + usage() + "}\n\n";
}

std::string MockAnswer::whole() const {
  return head_ + R"("choices":[{"index":0,"message":)" + message() +
         R"(,"logprobs":null,"finish_reason":)" + std::string(finish_reason()) + R"(}],"usage":)" +
         usage() + "}";
}

Json MockAnswer::call(std::size_t index, std::string arguments) const {
  const auto suffix = index == 0 ? std::string() : "_" + std::to_string(index + 1);
  return {{"id", "call_mock" + std::to_string(entry_) + suffix},
          {"type", "function"},
          {"function", {{"name", prompt_.calls[index].name}, {"arguments", std::move(arguments)}}}};
}

std::string MockAnswer::message() const {
  std::vector<std::string> texts(std::max<std::size_t>(1, prompt_.calls.size()));
  for (const auto& token : tokens_) {
    texts[token.call] += token.text;
  }
  Json message = {{"role", "assistant"}, {"content", texts.front()}, {"refusal", nullptr}};
  if (!prompt_.calls.empty()) {
    message["content"] = nullptr;
    for (std::size_t index = 0; index <= tokens_.back().call; ++index) {
      message["tool_calls"].push_back(call(index, std::move(texts[index])));
    }
  }
  return dump(message);
}

std::string MockAnswer::usage() const {
  return R"({"prompt_tokens":)" + std::to_string(prompt_.tokens_in) + R"(,"completion_tokens":)" +
         std::to_string(tokens()) + R"(,"total_tokens":)" +
         std::to_string(prompt_.tokens_in + tokens()) + "}";
}

std::string_view MockAnswer::finish_reason() const {
  if (length_limited_) return R"("length")";
  return prompt_.calls.empty() ? R"("stop")" : R"("tool_calls")";
}

}  // namespace parlance::bench
