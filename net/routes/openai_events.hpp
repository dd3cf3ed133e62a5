// A turn's records as chat completion chunks.
//
//   {"id":"chatcmpl-<run>","object":"chat.completion.chunk",…} per piece, one with finish_reason,
//   one with the usage when it was asked for, then [DONE]
//
// A message that no node streamed is one piece. Several messages of one turn stand in one answer,
// with an empty line between them. Text that was given up cannot be taken back in this family: the
// stream ends with an error (answer_superseded).
//
// Chunks on threads carry the id of the record and the piece that they show, as in the LangGraph
// family (routes/langgraph_events.hpp).
//
// Threading: belongs to one session.
#pragma once

#include "net/sse_writer.hpp"
#include "net/turn_events.hpp"
#include "net/turn_view.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parlance::net {

struct CompletionLook {
  std::string model;  // as the client asked for it
  std::string id;     // of the completion
  bool include_usage = false;
  bool with_ids = false;
};

class OpenaiEvents final : public TurnEvents {
 public:
  OpenaiEvents(CompletionLook look, const Agents& agents)
      : look_(std::move(look)),
        agents_(agents) {}

  void start(const TurnStart& start) override { view_.emplace(start, agents_); }
  void show(const RecordPtr& record, std::string& out) override;
  void close(const std::optional<Error>& error, std::string& out) override;

 private:
  void append_chunk(std::string& out,
                    std::string_view choices,
                    std::string_view usage,
                    const EventId* id);
  void append_text(std::string& out, std::string_view message, std::string_view text, EventId id);
  void append_tool_calls(std::string& out, const Message& message);
  void append_refusal(std::string& out, const Message& message);
  void append_failure(std::string& out, const Error& error);

  const CompletionLook look_;
  const Agents& agents_;
  std::optional<TurnView> view_;
  std::string message_;  // shown last
  bool over_ = false;    // nothing more may follow
};

// The whole answer: {"id","object":"chat.completion",…}. The turn has finished.
std::string completion_text(const CompletionLook& look, const TurnView& turn);

}  // namespace parlance::net
