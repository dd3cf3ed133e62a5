// What a node can read: the conversation, the declared fields, and where the turn stands.
#pragma once

#include "runtime/base/json.hpp"
#include "runtime/llm/chat.hpp"

#include <cstdint>
#include <string>

namespace parlance {

// Built up from the thread's state and the turn's records, and from nothing else: so that a turn
// that goes on after a crash decides as it would have without it.
struct TurnState {
  std::string agent;
  std::string model_override;
  Json options = Json::object();  // as in TurnAccepted
  Messages messages;              // all of the thread, the turn's input and additions included
  // Of this turn, and what people answered in it; where it goes on, that of the turns before it.
  Messages input;
  Json fields = Json::object();  // declared by the agent; per-turn ones are reset at its start
  std::uint32_t step = 0;        // steps done
  std::string id_seed;           // the run's id

  // The id of a message that the node about to run adds without a model: the same whenever the step
  // is decided again.
  std::string new_message_id() const;

  // The text of the newest human message of the input; empty when there is none.
  const std::string& question() const;

  // All that people and their tools say newly, a message a line: what a guard has to look at. On a
  // thread that has had turns the whole input is new. Else the input may be a conversation, and
  // what stands before its newest answer was said in an earlier turn.
  std::string newly_said() const;
};

}  // namespace parlance
