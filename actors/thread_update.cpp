// ThreadActor's answer to clients that change a thread's state themselves: a turn that runs no
// node, and begins and ends with one write.
#include "actors/thread_actor.hpp"
#include "runtime/journal/state_update.hpp"

#include <set>
#include <utility>

namespace parlance::actors {
namespace {

Error wrong(std::string field, std::string detail) {
  return {ErrorCode::invalid_value, std::move(detail), std::move(field), {}};
}

// Where a thread stands behind `node`.
Result<std::string> next_after(const Agent& agent, const std::string& node) {
  if (node == "__start__") return agent.start();
  const Node* const found = agent.node(node);
  if (found == nullptr) return wrong("as_node", "the agent has no such node");
  std::set<std::string> ends;
  for (const auto& edge : found->edges()) {
    if (auto end = agent.follow(node, edge)) ends.insert(std::move(*end));
  }
  if (ends.size() > 1)
    return wrong("as_node", "chooses among several nodes: name one that is followed by one");
  return ends.empty() ? std::string() : *ends.begin();
}

}  // namespace

// The one that ran last; of a thread without turns, the one that it was made for.
std::string ThreadActor::agent_of_state() const {
  if (!state_.at.agent.empty()) return state_.at.agent;
  const Json metadata = Json::parse(head_->metadata, nullptr, /*allow_exceptions=*/false);
  if (!metadata.is_object()) return {};
  const auto graph = metadata.find("graph_id");
  return graph != metadata.end() && graph->is_string() ? graph->get<std::string>() : std::string();
}

void ThreadActor::handle(ChangeState& change) {
  UpdateState& update = change.update;
  if (!head_) return change.done(not_found());
  auto answer = [this, done = std::move(change.done)](const Result<void>& changed) {
    if (!changed) return done(changed.error());
    done(view());
  };
  if (!update.request_digest.empty()) {
    Place* const place = find(update.run);
    const RunView* const ended = find_ended(update.run);
    if (place != nullptr || ended != nullptr) {
      const TurnAccepted& first = place != nullptr ? place->turn.accepted() : *ended->accepted;
      if (first.request_digest != update.request_digest) {
        return answer(Error{ErrorCode::idempotency_key_reused,
                            "the Idempotency-Key was used for another request on this thread",
                            {},
                            {}});
      }
      if (place == nullptr) return answer({});
      return place->when_ended.push_back(std::move(answer));
    }
  }
  if (quarantined_) return answer(in_quarantine());
  if (!places_.empty())
    return answer(Error{ErrorCode::thread_busy, "the thread is running a turn", {}, {}});
  const auto agent = tools_.agents.find(agent_of_state());
  if (agent == tools_.agents.end()) {
    return answer(Error{ErrorCode::agent_not_found,
                        "the thread has no agent yet: run one, or name it as graph_id in the "
                        "thread's metadata",
                        {},
                        {}});
  }
  if (const auto fits = agent->second->check_client_update(update.fields); !fits) {
    Error error = fits.error();
    error.field = "values." + error.field;
    return answer(std::move(error));
  }
  auto next = update.as_node.empty() ? Result<std::string>(state_.at.next)
                                     : next_after(*agent->second, update.as_node);
  if (!next) return answer(next.error());
  if (state_.at.messages->size() + update.messages.size() > agent->second->limits().messages_max)
    return answer(Error{ErrorCode::thread_full, "the thread would hold too many messages", {}, {}});

  TurnAccepted accepted;
  accepted.turn = ++turns_;
  accepted.run = std::move(update.run);
  accepted.agent = agent->first;
  accepted.input = std::move(update.messages);
  accepted.accepted_ms = accepted.deadline_ms = tools_.clock.unix_ms();
  accepted.options = {{as_node_option, update.as_node}};
  accepted.request_digest = std::move(update.request_digest);
  // In front of the first node, its messages are an input.
  if (update.as_node != "__start__") accepted.command = Command{{}, {}, update.fields};
  const std::string request_id = accepted.run.value;
  auto place = std::make_unique<Place>(
      Place{Turn(std::move(accepted), Deadline::at(tools_.clock.now()), request_id),
            {},
            {},
            {},
            false,
            tools_.clock.now()});
  place->turn.change_state(agent->second, state_.at, std::move(*next), update.fields, tools_.clock);
  place->when_ended.push_back(std::move(answer));
  tools_.metrics.turn_inside();
  places_.push_back(std::move(place));
  write(front());
}

}  // namespace parlance::actors
