#include "net/routes/langgraph_webhook.hpp"

#include "net/json_text.hpp"
#include "net/response.hpp"
#include "net/routes/langgraph_interrupts.hpp"
#include "net/routes/langgraph_objects.hpp"
#include "net/turn_answer.hpp"
#include "net/turn_view.hpp"
#include "runtime/base/clock.hpp"

namespace parlance::net {

std::string webhook_body(const EndedRun& ended, const Agents& agents, std::size_t body_bytes_max) {
  const RunView& run = ended.run;
  std::string body;
  append_run(body, ended.thread, run);
  body.pop_back();  // the brace: more fields follow
  const auto add = [&](const char* name, std::string_view text) {
    body.append(",\"").append(name).append("\":");
    append_quoted(body, text);
  };
  if (ended.started_ms == 0) {
    body.append(R"(,"run_started_at":null)");
  } else {
    add("run_started_at", iso_time(ended.started_ms));
  }
  add("run_ended_at", iso_time(run.updated_ms));
  add("webhook_sent_at", iso_time(run.updated_ms));
  if (run.ended->outcome == TurnOutcome::failed) {
    const Error error = error_of(*run.ended);
    add("error", std::string(to_string(error.code)) + ": " + sentence_of(error));
  }
  std::string values = "null";
  if (run.begun) {
    values.clear();
    append_paused_values(
        values, ended.messages, shown_fields(agents, run.agent, ended.fields), *run.ended);
  }
  constexpr std::string_view name = ",\"values\":";
  if (body.size() + name.size() + values.size() >= body_bytes_max) {
    values = R"(null,"values_omitted":true)";
  }
  body.append(name).append(values).push_back('}');
  return body;
}

}  // namespace parlance::net
