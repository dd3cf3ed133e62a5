#include "actors/checkpoint.hpp"

#include "runtime/base/digest.hpp"

#include <algorithm>
#include <string_view>

namespace parlance::actors {
namespace {

constexpr std::size_t id_digits = 32;

bool is_interrupt_id(std::string_view text) {
  return text.size() == id_digits &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool names_questions(const Json& resume) {
  if (!resume.is_object() || resume.empty()) return false;
  const auto& answers = resume.get_ref<const Json::object_t&>();
  return std::all_of(
      answers.begin(), answers.end(), [](const auto& each) { return is_interrupt_id(each.first); });
}

Error refused(ErrorCode code, std::string detail, std::string field) {
  return {code, std::move(detail), std::move(field), {}};
}

// An answer is for the question that is open, or for the one that the next node has still to ask.
std::optional<Error> refusal_of_answer(const Json& resume,
                                       const Checkpoint& from,
                                       const Agent& agent) {
  const Node* const next = agent.node(from.next);
  if (!from.interrupt && (next == nullptr || !next->asks_people()))
    return refused(ErrorCode::thread_not_paused, "the thread waits for no answer", {});
  if (from.interrupt ? answer_to(*from.interrupt, resume).has_value() : !names_questions(resume))
    return std::nullopt;
  return refused(
      ErrorCode::invalid_value, "answers another question than the open one", "command.resume");
}

}  // namespace

Messages said_by_people(const Messages& messages) {
  Messages said;
  for (const auto& message : messages) {
    if (message->role == Role::human) said.push_back(message);
  }
  return said;
}

std::optional<Error> refusal_of(const Command& command,
                                const Checkpoint& from,
                                const Agent& agent) {
  if (command.resume) {
    if (auto refusal = refusal_of_answer(*command.resume, from, agent)) return refusal;
  }
  if (!command.node.empty()) {
    if (agent.node(command.node) != nullptr) return std::nullopt;
    return refused(ErrorCode::invalid_value, "the agent has no such node", "command.goto");
  }
  if (from.next.empty())
    return refused(ErrorCode::thread_not_paused, "the thread stands in front of no node", {});
  if (from.agent != agent.name() || agent.node(from.next) == nullptr) {
    return refused(
        ErrorCode::invalid_value,
        "the thread stands in front of the node " + from.next + " of the agent " + from.agent,
        "assistant_id");
  }
  return std::nullopt;
}

std::optional<Json> answer_to(const Interrupt& interrupt, const Json& resume) {
  if (!names_questions(resume)) return resume;
  const auto answer = resume.find(interrupt.id);
  if (resume.size() != 1 || answer == resume.end()) return std::nullopt;
  return *answer;
}

std::string interrupt_id(const RunId& run, std::uint32_t step) {
  return sha256_hex("interrupt:" + run.value + ':' + std::to_string(step)).substr(0, id_digits);
}

}  // namespace parlance::actors
