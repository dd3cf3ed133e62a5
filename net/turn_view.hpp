// What a turn has come to so far: the fold of its records over the state that it started from.
//
// Live and replayed alike, because it knows nothing but the records.
//
// Threading: belongs to one session.
#pragma once

#include "runtime/graph/agent.hpp"
#include "runtime/journal/event.hpp"
#include "runtime/ports/conversations.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace parlance::net {

// `fields` as clients see them (Agent::shown_fields). None of an agent that is no longer
// configured: nobody knows which of them are private.
Json shown_fields(const Agents& agents, std::string_view agent, const Json& fields);

class TurnView {
 public:
  // What `start` points to is read with the first record, not before. The agents must outlive it.
  TurnView(TurnStart start, const Agents& agents) : start_(std::move(start)), agents_(agents) {}

  void apply(const RecordPtr& record);

  const TurnStart& start() const { return start_; }
  const TurnAccepted* accepted() const { return accepted_; }
  const TurnEnded* ended() const { return ended_; }  // null: not yet
  bool began() const;  // false of a turn that ended while it waited, which changes nothing
  const Messages& messages() const { return messages_; }
  const Messages& added() const { return added_; }  // by the turn's nodes
  const Json& fields() const { return fields_; }    // those that clients see
  std::uint32_t step() const { return step_; }      // that runs now: 1, 2, 3, …

  // Whether text of the message has been streamed, and not been given up.
  bool was_streamed(std::string_view message) const;

 private:
  TurnStart start_;
  const Agents& agents_;
  RecordPtr first_;  // keeps accepted_
  RecordPtr last_;   // keeps ended_
  const TurnAccepted* accepted_ = nullptr;
  const TurnEnded* ended_ = nullptr;
  Messages messages_;
  Messages added_;
  Json fields_ = Json::object();
  std::uint32_t step_ = 1;
  std::vector<std::string> streamed_;
};

}  // namespace parlance::net
