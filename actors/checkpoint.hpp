// A thread between two steps: what a turn begins from, and what it leaves behind.
//
// Most turns begin and end where no node is next. One that pauses, fails or is cancelled leaves the
// thread in front of a node; a turn with a Command goes on there, any other starts anew.
//
// Threading: none of its own; the thread's actor owns it.
#pragma once

#include "runtime/base/error.hpp"
#include "runtime/graph/agent.hpp"
#include "runtime/journal/event.hpp"

#include <memory>
#include <optional>
#include <string>

namespace parlance::actors {

struct Checkpoint {
  std::shared_ptr<const Messages> messages = std::make_shared<const Messages>();
  // The declared ones; without those of a turn where no node is next.
  std::shared_ptr<const Json> fields = std::make_shared<const Json>(Json::object());
  std::string agent;                   // whose graph it stands in
  std::string next;                    // the node in front of which it stands; empty: none
  std::optional<Interrupt> interrupt;  // the question that this node asks
  // What is being worked on: of the turn that started anew, and what people answered since.
  Messages input;
};

// Those of a node's messages that people said in answer to it.
Messages said_by_people(const Messages& messages);

// Why a turn with `command` cannot go on from there: thread_not_paused, or invalid_value for
// another agent, an answer to another question, or a node that the graph does not have. Where no
// question is open, an answer may come before it: when the next node asks people.
std::optional<Error> refusal_of(const Command& command, const Checkpoint& from, const Agent& agent);

// What people answered: `resume` as it is, or its value under the id of the question. Clients name
// questions so where several may be open: every key of such an object has the form of an id.
// None: it answers another question.
std::optional<Json> answer_to(const Interrupt& interrupt, const Json& resume);

// 32 hexadecimal digits, the same whenever the step is decided again.
std::string interrupt_id(const RunId& run, std::uint32_t step);

}  // namespace parlance::actors
