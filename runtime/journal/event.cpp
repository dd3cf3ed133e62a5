#include "runtime/journal/event.hpp"

#include <cstddef>

namespace parlance {
namespace {

constexpr std::size_t piece_overhead = sizeof(std::string) + 16;

std::size_t bytes_of_all(const Messages& messages) {
  std::size_t bytes = 0;
  for (const auto& message : messages)
    bytes += bytes_of(*message);
  return bytes;
}

}  // namespace

Error error_of(const TurnEnded& ended) {
  Error error{ended.error.value_or(ended.outcome == TurnOutcome::cancelled ? ErrorCode::cancelled
                                                                           : ErrorCode::internal),
              ended.error_detail,
              {},
              {}};
  if (ended.retry_after.count() > 0) error.retry_after = ended.retry_after;
  return error;
}

std::uint64_t turn_of(const Event& event) {
  return visit([](const auto& e) { return e.turn; }, event);
}

std::size_t bytes_of(const TurnAccepted& accepted) {
  std::size_t bytes = bytes_of_all(accepted.input) + bytes_of(accepted.options);
  if (accepted.command) {
    bytes += bytes_of(accepted.command->update);
    if (accepted.command->resume) bytes += bytes_of(*accepted.command->resume);
  }
  if (accepted.fork) {
    bytes += bytes_of(accepted.fork->fields);
    if (accepted.fork->interrupt) bytes += bytes_of(accepted.fork->interrupt->value);
  }
  return bytes;
}

std::size_t bytes_of(const StepDone& step) {
  return bytes_of(step.update) + bytes_of_all(step.messages);
}

std::size_t bytes_of(const Delta& delta) {
  std::size_t bytes = 0;
  for (const auto& piece : delta.pieces)
    bytes += piece_overhead + piece.size();
  return bytes;
}

std::size_t bytes_of(const Superseded& /*superseded*/) {
  return 0;
}

std::size_t bytes_of(const TurnEnded& ended) {
  const std::size_t seqs = ended.message_seqs.size() + ended.step_seqs.size();
  std::size_t bytes = bytes_of(ended.fields) + seqs * sizeof(std::uint64_t);
  if (ended.interrupt) bytes += bytes_of(ended.interrupt->value);
  return bytes;
}

std::size_t bytes_of(const RolledBack& /*rolled_back*/) {
  return 0;
}

std::size_t bytes_of(const Event& event) {
  return visit([](const auto& e) { return bytes_of(e); }, event);
}

}  // namespace parlance
