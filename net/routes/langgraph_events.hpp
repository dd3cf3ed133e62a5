// A turn's records as the events of the LangGraph family.
//
// An event's id is `<seq>-<n>`: its record's place in the journal, and its number in the record.
// The numbers count over all stream modes, whichever were asked for, so that an id means the same
// event on every stream of the run:
//
//   turn_accepted          0 metadata · 1 values
//   step_done, k messages  0 updates · for message i: 1+3i messages (tuple, whole, unless it was
//                          streamed), 2+3i messages/metadata, 3+3i messages/complete · 1+3k values
//                          · 2+3k custom
//   delta                  for piece i: 3i messages (tuple, the piece), 3i+1 messages/metadata,
//                          3i+2 messages/partial
//   superseded             0 custom
//   turn_paused            0 updates ({"__interrupt__": […]}) · 1 values, with a question
//   turn_failed/cancelled  0 error
//
// What is not to be shown, by its mode or because it is not after `after`, is never built. An
// `after` that is no event of the run, in any mode, ends the stream with invalid_value. The end of
// a turn that finished counts as one: the OpenAI family gives it an id.
//
// Threading: belongs to one session.
#pragma once

#include "net/sse_writer.hpp"
#include "net/turn_events.hpp"
#include "net/turn_view.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace parlance::net {

// What a client asks to see; `metadata` and `error` are always shown.
class StreamModes {
 public:
  enum Mode : std::uint8_t {
    values = 1,
    updates = 2,
    messages_tuple = 4,
    messages = 8,
    custom = 16,
    always = 32
  };

  // False for a word that is no mode. Modes that Parlance has nothing for are accepted.
  bool add(std::string_view word);

  bool have(Mode mode) const { return mode == always || (bits_ & mode) != 0; }

  static StreamModes defaults();

 private:
  std::uint8_t bits_ = 0;
};

// {"error","message","code","retry_after_ms"}
void append_error(std::string& out, const Error& error);

class LanggraphEvents final : public TurnEvents {
 public:
  // Without ids for runs that cannot be resumed.
  LanggraphEvents(StreamModes modes, EventId after, bool with_ids, const Agents& agents)
      : modes_(modes),
        after_(after),
        with_ids_(with_ids),
        agents_(agents),
        after_met_(after == EventId{}) {}

  void start(const TurnStart& start) override { view_.emplace(start, agents_); }
  void show(const RecordPtr& record, std::string& out) override;
  std::optional<Error> fault_of_resuming() const override;
  void close(const std::optional<Error>& error, std::string& out) override;

 private:
  void meet(EventId id);
  template <class Build>
  void emit(EventId id,
            StreamModes::Mode mode,
            std::string_view event,
            std::string& out,
            const Build& build);

  void show_accepted(EventId id, std::string& out);
  void show_step(EventId id, const StepDone& step, std::string& out);
  void show_step_time(EventId id, const StepDone& step, std::string& out);
  void show_delta(EventId id, const Delta& delta, std::string& out);
  void show_pause(EventId id, const TurnEnded& ended, std::string& out);
  void show_end(EventId id, const TurnEnded& ended, std::string& out);
  void append_metadata(std::string& out, std::string_view node);

  const StreamModes modes_;
  const EventId after_;
  const bool with_ids_;
  const Agents& agents_;
  bool after_met_;
  EventId before_after_;  // the last event before `after_`
  std::optional<TurnView> view_;
  std::map<std::string, std::string, std::less<>> partial_;  // text so far, by message
};

}  // namespace parlance::net
