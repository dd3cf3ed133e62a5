#include "net/routes/langgraph_events.hpp"

#include "net/json_text.hpp"
#include "net/response.hpp"
#include "net/routes/langgraph_interrupts.hpp"
#include "net/turn_answer.hpp"
#include "runtime/base/ids.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

namespace parlance::net {
namespace {

void append_chunk(std::string& out, std::string_view id, std::string_view piece) {
  out.append(R"({"content":)");
  append_quoted(out, piece);
  out.append(R"(,"id":)");
  append_quoted(out, id);
  out.append(
      R"(,"additional_kwargs":{},"response_metadata":{},"type":"AIMessageChunk","tool_calls":[],"invalid_tool_calls":[],"tool_call_chunks":[]})");
}

}  // namespace

bool StreamModes::add(std::string_view word) {
  constexpr std::array<std::pair<std::string_view, std::uint8_t>, 10> words{
      {{"values", values},
       {"updates", updates},
       {"messages-tuple", messages_tuple},
       {"messages", messages},
       {"custom", custom},
       {"tasks", 0},
       {"checkpoints", 0},
       {"debug", 0},
       {"events", 0},
       {"tools", 0}}};
  const auto known = std::find_if(
      words.begin(), words.end(), [&](const auto& each) { return each.first == word; });
  if (known == words.end()) return false;
  bits_ = static_cast<std::uint8_t>(bits_ | known->second);
  return true;
}

StreamModes StreamModes::defaults() {
  StreamModes modes;
  modes.add("values");
  return modes;
}

void append_error(std::string& out, const Error& error) {
  out.append(R"({"error":)");
  append_quoted(out, to_string(error.code));
  out.append(R"(,"message":)");
  append_quoted(out, sentence_of(error));
  out.append(R"(,"code":)");
  append_quoted(out, to_string(error.code));
  const auto advice = advice_of(error);
  if (advice.count() > 0) {
    out.append(R"(,"retry_after_ms":)");
    append_number(out, static_cast<std::uint64_t>(advice.count()));
  }
  out.push_back('}');
}

void LanggraphEvents::meet(EventId id) {
  after_met_ = after_met_ || id == after_;
  if (id < after_) before_after_ = id;
}

std::optional<Error> LanggraphEvents::fault_of_resuming() const {
  if (after_met_) return std::nullopt;
  std::string detail = "is no event of this run";
  if (before_after_ != EventId{})
    detail.append("; the last one before it is ").append(text_of(before_after_));
  return Error{ErrorCode::invalid_value, std::move(detail), "Last-Event-ID", {}};
}

template <class Build>
void LanggraphEvents::emit(EventId id,
                           StreamModes::Mode mode,
                           std::string_view event,
                           std::string& out,
                           const Build& build) {
  meet(id);
  if (!modes_.have(mode) || !after_met_ || id <= after_) return;
  begin_event(out, event);
  build();
  end_event(out, with_ids_ ? &id : nullptr);
}

void LanggraphEvents::append_metadata(std::string& out, std::string_view node) {
  const auto& start = view_->start();
  out.append(R"({"langgraph_node":)");
  append_quoted(out, node);
  out.append(R"(,"langgraph_step":)");
  append_number(out, view_->step());
  out.append(R"(,"langgraph_checkpoint_ns":"","run_id":)");
  append_quoted(out, start.run.value);
  out.append(R"(,"thread_id":)");
  append_quoted(out, start.thread.thread.value);
  if (const auto* accepted = view_->accepted()) {
    out.append(R"(,"graph_id":)");
    append_quoted(out, accepted->agent);
  }
  out.append(R"(,"tags":[]})");
}

void LanggraphEvents::show(const RecordPtr& record, std::string& out) {
  const EventId id{record->seq, 0};
  if (holds_alternative<TurnAccepted>(record->event)) {
    view_->apply(record);
    show_accepted(id, out);
  } else if (const auto* step = get_if<StepDone>(&record->event)) {
    show_step(id, *step, out);
    view_->apply(record);
    const auto last = EventId{id.seq, 1 + 3 * step->messages.size()};
    emit(last, StreamModes::values, "values", out, [&] {
      append_values(out, view_->messages(), view_->fields());
    });
    show_step_time({id.seq, last.n + 1}, *step, out);
  } else if (const auto* delta = get_if<Delta>(&record->event)) {
    show_delta(id, *delta, out);
    view_->apply(record);
  } else if (const auto* superseded = get_if<Superseded>(&record->event)) {
    view_->apply(record);
    partial_.erase(superseded->message);
    emit(id, StreamModes::custom, "custom", out, [&] {
      out.append(R"({"type":"superseded","message_id":)");
      append_quoted(out, superseded->message);
      out.push_back('}');
    });
  } else if (const auto* ended = get_if<TurnEnded>(&record->event)) {
    view_->apply(record);
    show_end(id, *ended, out);
  }
}

void LanggraphEvents::show_accepted(EventId id, std::string& out) {
  emit(id, StreamModes::always, "metadata", out, [&] {
    out.append(R"({"run_id":)");
    append_quoted(out, view_->start().run.value);
    out.append(R"(,"attempt":1})");
  });
  if (!view_->began()) return;  // it has no part in the thread's values
  emit({id.seq, 1}, StreamModes::values, "values", out, [&] {
    append_values(out, view_->messages(), view_->fields());
  });
}

void LanggraphEvents::show_step(EventId id, const StepDone& step, std::string& out) {
  emit(id, StreamModes::updates, "updates", out, [&] {
    const auto* const accepted = view_->accepted();
    const Json update =
        shown_fields(agents_, accepted == nullptr ? std::string() : accepted->agent, step.update);
    out.push_back('{');
    append_quoted(out, step.node);
    out.push_back(':');
    if (step.messages.empty()) {
      append_json(out, update);
    } else {
      append_values(out, step.messages, update);
    }
    out.push_back('}');
  });
  for (std::size_t i = 0; i < step.messages.size(); ++i) {
    const Message& message = *step.messages[i];
    const bool streamed = view_->was_streamed(message.id);
    if (!streamed) {
      emit({id.seq, 1 + 3 * i}, StreamModes::messages_tuple, "messages", out, [&] {
        out.push_back('[');
        append_message(out, message);
        out.push_back(',');
        append_metadata(out, step.node);
        out.push_back(']');
      });
      emit({id.seq, 2 + 3 * i}, StreamModes::messages, "messages/metadata", out, [&] {
        out.push_back('{');
        append_quoted(out, message.id);
        out.append(R"(:{"metadata":)");
        append_metadata(out, step.node);
        out.append("}}");
      });
    }
    emit({id.seq, 3 + 3 * i}, StreamModes::messages, "messages/complete", out, [&] {
      out.push_back('[');
      append_message(out, message);
      out.push_back(']');
    });
  }
}

void LanggraphEvents::show_step_time(EventId id, const StepDone& step, std::string& out) {
  emit(id, StreamModes::custom, "custom", out, [&] {
    out.append(R"({"type":"step","step":)");
    append_number(out, step.step);
    out.append(R"(,"node":)");
    append_quoted(out, step.node);
    out.append(R"(,"edge":)");
    append_quoted(out, step.edge);
    out.append(R"(,"time_us":)");
    append_number(out, step.time_us);
    out.push_back('}');
  });
}

void LanggraphEvents::show_delta(EventId id, const Delta& delta, std::string& out) {
  const bool whole_wanted = modes_.have(StreamModes::messages);
  std::string metadata;  // of all pieces
  append_metadata(metadata, delta.node);
  for (std::size_t i = 0; i < delta.pieces.size(); ++i) {
    emit({id.seq, 3 * i}, StreamModes::messages_tuple, "messages", out, [&] {
      out.push_back('[');
      append_chunk(out, delta.message, delta.pieces[i]);
      out.append(",").append(metadata).push_back(']');
    });
    if (!whole_wanted) {
      if (i == 0) meet({id.seq, 1});
      meet({id.seq, 3 * i + 2});
      continue;
    }
    if (i == 0 && !view_->was_streamed(delta.message)) {
      emit({id.seq, 1}, StreamModes::messages, "messages/metadata", out, [&] {
        out.push_back('{');
        append_quoted(out, delta.message);
        out.append(R"(:{"metadata":)").append(metadata).append("}}");
      });
    }
    std::string& text = partial_[delta.message.text()];
    text.append(delta.pieces[i]);
    emit({id.seq, 3 * i + 2}, StreamModes::messages, "messages/partial", out, [&] {
      out.push_back('[');
      append_chunk(out, delta.message, text);
      out.push_back(']');
    });
  }
}

void LanggraphEvents::show_pause(EventId id, const TurnEnded& ended, std::string& out) {
  emit(id, StreamModes::updates, "updates", out, [&] {
    out.append(R"({"__interrupt__":)");
    append_interrupts(out, ended);
    out.push_back('}');
  });
  if (!ended.interrupt) return;  // the values are those of the last step
  emit({id.seq, 1}, StreamModes::values, "values", out, [&] {
    append_paused_values(out, view_->messages(), view_->fields(), ended);
  });
}

void LanggraphEvents::show_end(EventId id, const TurnEnded& ended, std::string& out) {
  if (ended.outcome == TurnOutcome::finished) {
    after_met_ = after_met_ || id == after_;
    return;
  }
  if (ended.outcome == TurnOutcome::paused) return show_pause(id, ended, out);
  const Error error = error_of(ended);
  emit(id, StreamModes::always, "error", out, [&] { append_error(out, error); });
}

// No record stands behind it, so it has no id: who resumes asks for what follows the last record.
void LanggraphEvents::close(const std::optional<Error>& error, std::string& out) {
  const auto told = error ? error : fault_of_resuming();
  if (!told) return;
  begin_event(out, "error");
  append_error(out, *told);
  end_event(out, nullptr);
}

}  // namespace parlance::net
