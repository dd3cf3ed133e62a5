// A turn's records as the events of one family of routes.
//
// routes/langgraph_events.hpp and routes/openai_events.hpp are the two.
//
// Threading: belongs to one session.
#pragma once

#include "runtime/base/error.hpp"
#include "runtime/journal/event.hpp"
#include "runtime/ports/conversations.hpp"

#include <optional>
#include <string>

namespace parlance::net {

class TurnEvents {
 public:
  virtual ~TurnEvents() = default;

  virtual void start(const TurnStart& start) = 0;

  // Appends what the record shows, if anything.
  virtual void show(const RecordPtr& record, std::string& out) = 0;

  // What is wrong with the event that the client goes on from while no record shown had it: until
  // then show() appends nothing.
  virtual std::optional<Error> fault_of_resuming() const { return std::nullopt; }

  // After the last record. With an error: the stream ends before its turn does.
  virtual void close(const std::optional<Error>& error, std::string& out) = 0;
};

}  // namespace parlance::net
