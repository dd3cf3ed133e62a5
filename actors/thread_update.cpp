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

// That it was made for; empty: it does not say.
std::string ThreadActor::agent_of_thread() const {
  const Json metadata = Json::parse(head_->metadata, nullptr, /*allow_exceptions=*/false);
  if (!metadata.is_object()) return {};
  const auto graph = metadata.find("graph_id");
  return graph != metadata.end() && graph->is_string() ? graph->get<std::string>() : std::string();
}

void ThreadActor::handle(ChangeState& change) {
  if (change_repeated(change)) return;
  if (!change.update.checkpoint_id.empty()) return change_fork(std::move(change));
  change_state(change, std::nullopt);
}

// Answers the change that was asked for by the same Idempotency-Key before. False: there is none.
bool ThreadActor::change_repeated(ChangeState& change) {
  const UpdateState& update = change.update;
  if (update.request_digest.empty()) return false;
  const TurnAccepted* const first = find_accepted(update.run);
  if (first == nullptr) return false;
  if (first->request_digest != update.request_digest) {
    change.done(key_reused());
  } else if (Place* const place = find(update.run)) {
    place->when_ended.push_back(with_view(std::move(change.done), /*repeated=*/true));
  } else {
    change.done(view(/*repeated=*/true));
  }
  return true;
}

// Answers with the thread as it is then.
Conversations::Answer<void> ThreadActor::with_view(
    Conversations::Answer<std::shared_ptr<const ThreadView>> answer, bool repeated) {
  return [this, repeated, answer = std::move(answer)](const Result<void>& changed) {
    if (!changed) return answer(changed.error());
    answer(view(repeated));
  };
}

void ThreadActor::change_state(ChangeState& change, std::optional<ForkPoint> fork) {
  UpdateState& update = change.update;
  if (!head_) return change.done(not_found());
  auto answer = with_view(std::move(change.done), /*repeated=*/false);
  if (quarantined_) return answer(in_quarantine());
  if (!places_.empty())
    return answer(Error{ErrorCode::thread_busy, "the thread is running a turn", {}, {}});
  TurnAccepted accepted;
  accepted.fork = std::move(fork);
  const Checkpoint from = state_.start_of(accepted);
  const auto agent = tools_.agents.find(from.agent.empty() ? agent_of_thread() : from.agent);
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
  auto next = update.as_node.empty() ? Result<std::string>(from.next)
                                     : next_after(*agent->second, update.as_node);
  if (!next) return answer(next.error());
  if (from.messages->size() + update.messages.size() > agent->second->limits().messages_max)
    return answer(Error{ErrorCode::thread_full, "the thread would hold too many messages", {}, {}});
  if (auto full = refusal_of_a_full_thread(*agent->second)) return answer(*std::move(full));

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
  place->turn.change_state(agent->second, from, std::move(*next), update.fields, tools_.clock);
  place->when_ended.push_back(std::move(answer));
  tools_.metrics.turn_inside();
  places_.push_back(std::move(place));
  write(front());
}

}  // namespace parlance::actors
