// The events that a thread is made of. Its journal is a sequence of them, numbered from 1; its
// state is what they add up to.
//
//   turn_accepted   a turn was taken: its input, and all that is needed to run it after a crash
//   step_done       a node ended: the edge taken, and what it changed
//   delta           a batch of streamed text, piece by piece
//   superseded      the unfinished answer was given up; a new variant, with a new id, follows
//   turn_finished   the last record of a turn, with the state that the thread goes on from;
//   turn_failed     messages are referred to by position, never repeated
//   turn_cancelled
//   turn_paused
//   rolled_back     in place of all records of a turn, which are gone: the turn never was
//
// A turn that ended before it began (cancelled, or out of time, while it waited) leaves the state
// as it is: its input is in no conversation.
//
// A turn that ends before its graph does leaves the thread in front of a node, perhaps with a
// question to people. The next one starts anew with its input, or goes on from there by a Command.
//
// A turn begins where the turn that ended before it left the thread, or from a checkpoint further
// back: then it is a fork, and the thread stands where the fork leaves it. The others stay as they
// are.
//
// Turns are numbered in the order in which they were accepted; one that begins later (starts_ms)
// may run behind turns that were accepted after it.
//
// Records of several turns may interleave: a waiting turn is accepted while another one runs. Each
// carries the number of its turn.
//
// storage/keys.hpp shows the bytes.
#pragma once

#include "runtime/base/boxed.hpp"
#include "runtime/base/error.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/base/shared_text.hpp"
#include "runtime/journal/checkpoint_ids.hpp"
#include "runtime/llm/chat.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace parlance {

// What a turn has in place of an input: it goes on in mid-graph.
struct Command {
  std::optional<Json> resume;    // the answer to the question that the thread waits with
  std::string node;              // runs first; empty: the one that the thread stands in front of
  Json update = Json::object();  // declared fields that are set before

  bool operator==(const Command&) const = default;
};

// A question to people, by a node that waits for their answer.
struct Interrupt {
  std::string id;  // 32 hexadecimal digits; another one each time that a node asks
  Json value;

  bool operator==(const Interrupt&) const = default;
};

// The checkpoint that a fork begins from, of a turn that had ended. The messages there follow from
// the records before it.
struct ForkPoint {
  CheckpointPlace place;
  Json fields = Json::object();        // all of them
  std::string next;                    // the node in front of which it stands; empty: none
  std::optional<Interrupt> interrupt;  // the question that this node asks

  bool operator==(const ForkPoint&) const = default;
};

struct TurnAccepted {
  std::uint64_t turn = 0;  // 1, 2, 3, … within the thread
  RunId run;
  std::string agent;
  std::string model_override;
  Messages input;
  std::int64_t accepted_ms = 0;  // since 1970
  std::int64_t deadline_ms = 0;  // since 1970
  bool temporary = false;        // the thread is deleted when the turn has ended
  // What clients see of the run and asked for it, as one JSON object: metadata, config,
  // temperature…
  Json options = Json::object();
  // Of a turn with an Idempotency-Key, whose run is named after the key: a digest of what was
  // asked. Empty without a key.
  std::string request_digest;
  std::optional<Command> command;  // none: it starts at the graph's first node, with its input
  std::int64_t starts_ms = 0;      // since 1970: it does not begin before; 0: at once
  std::optional<ForkPoint> fork;   // none: it begins where the thread stands then
  std::string caller_key;          // the id of the key that asked for it; empty: not known
  std::string user;                // whom the client says it asks for; may be empty

  bool operator==(const TurnAccepted&) const = default;
};

struct StepDone {
  std::uint64_t turn = 0;
  std::uint32_t step = 0;  // 1, 2, 3, … within the turn
  std::string node;
  std::string edge;              // empty after the last node
  Json update = Json::object();  // declared fields that the node set
  Messages messages;             // that the node added
  std::uint64_t time_us = 0;     // from the node's start to its end
  std::int64_t done_ms = 0;      // since 1970; 0: not known

  bool operator==(const StepDone&) const = default;
};

struct Delta {
  std::uint64_t turn = 0;
  std::string node;
  SharedText message;  // the id that the message will have
  std::vector<std::string> pieces;

  bool operator==(const Delta&) const = default;
};

struct Superseded {
  std::uint64_t turn = 0;
  std::string message;  // the id that was given up

  bool operator==(const Superseded&) const = default;
};

enum class TurnOutcome : std::uint8_t { finished, failed, cancelled, paused };

// Whether the turn did what it was to do; else it has an error.
constexpr bool succeeded(TurnOutcome outcome) {
  return outcome == TurnOutcome::finished || outcome == TurnOutcome::paused;
}

struct TurnEnded {
  std::uint64_t turn = 0;
  TurnOutcome outcome = TurnOutcome::finished;
  bool begun = true;  // false: it ended while it waited
  std::uint64_t accepted_seq = 0;
  std::uint64_t previous_ended_seq = 0;     // of the turn that ended before this one; 0: none
  std::vector<std::uint64_t> message_seqs;  // step_done records of this turn that hold messages
  std::vector<std::uint64_t> step_seqs;     // all step_done records of this turn
  Json fields = Json::object();  // the declared fields that outlive a turn; all, with a `next`
  Usage usage;
  std::string model;  // that answered last; empty without a model call
  StopReason stop_reason = StopReason::stop;
  std::optional<ErrorCode> error;  // set when failed; when cancelled, why
  std::string error_detail;
  std::chrono::milliseconds retry_after{0};  // advice of who failed; 0: none but the code's own
  std::int64_t ended_ms = 0;
  std::string next;  // the node that the thread stands in front of; empty: the graph was done
  std::optional<Interrupt> interrupt;  // the question that this node asks

  bool operator==(const TurnEnded&) const = default;
};

// The error of a turn that did not finish.
Error error_of(const TurnEnded& ended);

struct RolledBack {
  std::uint64_t turn = 0;

  bool operator==(const RolledBack&) const = default;
};

// One of them; asked for its kind as a std::variant is. Streams are made of deltas: the larger
// kinds are boxed, so that a delta takes no more than it needs.
class Event {
 public:
  Event(TurnAccepted accepted) : kind_(Boxed(std::move(accepted))) {}
  Event(StepDone step) : kind_(Boxed(std::move(step))) {}
  Event(Delta delta) : kind_(std::move(delta)) {}
  Event(Superseded superseded) : kind_(std::move(superseded)) {}
  Event(TurnEnded ended) : kind_(Boxed(std::move(ended))) {}
  Event(RolledBack rolled_back) : kind_(rolled_back) {}

  std::size_t index() const { return kind_.index(); }

  template <class Kind>
  const Kind* get_if() const {
    if constexpr (is_boxed<Kind>) {
      const auto* const box = std::get_if<Boxed<Kind>>(&kind_);
      return box == nullptr ? nullptr : &**box;
    } else {
      return std::get_if<Kind>(&kind_);
    }
  }

  template <class Visitor>
  decltype(auto) visit(Visitor&& visitor) const {
    return std::visit([&](const auto& kind) -> decltype(auto) { return visitor(opened(kind)); },
                      kind_);
  }

  bool operator==(const Event&) const = default;

 private:
  template <class Kind>
  static constexpr bool is_boxed =
      std::is_same_v<Kind, TurnAccepted> || std::is_same_v<Kind, StepDone> ||
      std::is_same_v<Kind, TurnEnded>;

  template <class Kind>
  static const Kind& opened(const Kind& kind) {
    return kind;
  }
  template <class Kind>
  static const Kind& opened(const Boxed<Kind>& box) {
    return *box;
  }

  std::
      variant<Boxed<TurnAccepted>, Boxed<StepDone>, Delta, Superseded, Boxed<TurnEnded>, RolledBack>
          kind_;
};

template <class Kind>
bool holds_alternative(const Event& event) {
  return event.get_if<Kind>() != nullptr;
}
template <class Kind>
const Kind* get_if(const Event* event) {
  return event->get_if<Kind>();
}
template <class Kind>
Kind* get_if(Event* event) {
  return const_cast<Kind*>(std::as_const(*event).get_if<Kind>());
}
template <class Kind>
const Kind& get(const Event& event) {
  if (const auto* const kind = event.get_if<Kind>()) return *kind;
  throw std::bad_variant_access();
}
template <class Kind>
Kind& get(Event& event) {
  return const_cast<Kind&>(get<Kind>(std::as_const(event)));
}
template <class Visitor>
decltype(auto) visit(Visitor&& visitor, const Event& event) {
  return event.visit(std::forward<Visitor>(visitor));
}

std::uint64_t turn_of(const Event& event);

// About what the event holds in memory beside its own size, in bytes.
std::size_t bytes_of(const TurnAccepted& accepted);
std::size_t bytes_of(const StepDone& step);
std::size_t bytes_of(const Delta& delta);
std::size_t bytes_of(const Superseded& superseded);
std::size_t bytes_of(const TurnEnded& ended);
std::size_t bytes_of(const RolledBack& rolled_back);
std::size_t bytes_of(const Event& event);

// An event at its place in the journal. Shared: the turn that is running keeps its records in
// memory, and every stream that shows them holds the same ones.
struct Record {
  std::uint64_t seq = 0;
  Event event;
};

using RecordPtr = std::shared_ptr<const Record>;

}  // namespace parlance
