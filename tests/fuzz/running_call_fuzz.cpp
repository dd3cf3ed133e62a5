// What a provider answers, in each API: whatever the bytes and wherever they are cut, a call ends
// once, its pieces are its text, and the key is in no error.
#include "net/providers/running_call.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace parlance;
using namespace parlance::net;

constexpr std::size_t answer_bytes_max = 256;
constexpr const char* key = "sk";

struct Outcome {
  std::string said;
  std::string answer;
  ErrorCode error = ErrorCode::internal;
  int ends = 0;

  bool operator==(const Outcome&) const = default;
};

void check(const Outcome& outcome, const Result<ChatAnswer>& end) {
  if (!end) {
    if (end.error().detail.find(key) != std::string::npos) std::abort();
    return;
  }
  if (end->text != outcome.said) std::abort();
  if (end->text.size() + end->refusal.size() > answer_bytes_max) std::abort();
  if (end->usage.tokens_in_cached > end->usage.tokens_in) std::abort();
  for (const auto& call : end->tool_calls) {
    if (call.id.empty() || call.arguments.empty()) std::abort();
  }
}

Outcome call(const WireFormat& wire,
             unsigned status,
             const char* type,
             std::string_view bytes,
             std::size_t step) {
  Outcome outcome;
  RunningCallOptions options;
  options.model = "m";
  options.api_key = key;
  options.answer_bytes_max = answer_bytes_max;
  RunningCall running{wire,
                      options,
                      {[&](const std::vector<std::string>& pieces) {
                         for (const auto& piece : pieces)
                           outcome.said += piece;
                       },
                       [&](Result<ChatAnswer> end) {
                         ++outcome.ends;
                         check(outcome, end);
                         if (end) outcome.answer = end->text + '\0' + end->refusal;
                         if (!end) outcome.error = end.error().code;
                       }}};
  running.head({status, {{"content-type", type}}});
  for (std::size_t at = 0; at < bytes.size(); at += step)
    running.body(bytes.substr(at, step));
  running.ended(std::nullopt);
  if (outcome.ends != 1) std::abort();
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::array<const WireFormat*, 3> wires{&openai_wire(), &anthropic_wire(), &gemini_wire()};
  const WireFormat& wire = *wires[data[0] % wires.size()];
  const unsigned status = (data[0] & 0x40U) != 0 ? 429 : 200;
  const char* const type = (data[0] & 0x80U) != 0 ? "application/json" : "text/event-stream";
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const Outcome whole = call(wire, status, type, bytes, bytes.size() + 1);
  if (whole != call(wire, status, type, bytes, 1 + data[1] % 16U)) std::abort();
  return 0;
}
