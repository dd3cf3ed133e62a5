// Asks a model. It is shown the prompt, the passages (numbered, when the field "passages" holds
// any) and the newest messages of the thread (runtime/llm/window.hpp).
//
//   { "kind": "generate", "role": "main", "prompt": "prompt.md", "shown": true, "draft": false,
//     "client_options": false, "system_messages": false, "prompt_tokens_max": 8000,
//     "joins_identical_calls": true, "answers_kept_time": "0ms", "edges": { "ok": "validate" } }
//
// The answer becomes a message of the thread or, with "draft", the field "draft", for a later node
// to judge. Then it goes on by "ok" or, without that edge, ends the turn. "shown": the text is
// streamed to the client as it comes; a draft is not. The options "temperature" and "max_tokens" of
// the turn are heeded. With "client_options" the provider is also told what the client wants of it
// (tools, response_format, stop…), and its calls to the client's tools are part of the answer.
//
// An answer that the client wants as JSON (response_format) is shown when it is whole and fits what
// was asked for. One that does not is told to the model with its fault, once; the second answer
// fits, or the turn fails with answer_unfit. Both calls are charged.
//
// "system_messages": the model sees those of the client. By default it does where the node has no
// prompt of its own: a prompt is not to be talked over.
//
// "joins_identical_calls": calls of a tenant that are the same in all that the model is told, and
// under way at once, are made once (actors/llm_pool.hpp). A call with a temperature above 0, which
// the client chose, is always made: it wants an answer of its own.
//
// "answers_kept_time": an answer is given again to the next of the tenant who asks just the same
// within that time (runtime/llm/kept_answers.hpp), and not to a call with such a temperature,
// nor to one that follows a draft that was sent back.
//
// The agent's synonyms and the field "document_frequencies" are for the offline model.
//
// What is the same from call to call stands first: the prompt, then the passages, then the
// messages.
//
// Bounds: limits.window_messages_max messages, as window_of() counts them, limits.tokens_out_max
// tokens out. With "prompt_tokens_max" the oldest messages are left out until all that the model is
// told, tools included, is about that many tokens (runtime/llm/tokens.hpp, which errs upwards);
// when the newest message does not fit beside the prompt and passages, the turn fails with
// context_length_exceeded. A repair is held to it too, and is not made where it does not fit.
#pragma once

#include "runtime/graph/agent.hpp"

namespace parlance {

class GenerateNode : public Node {
 public:
  static Result<std::unique_ptr<Node>> make(const Json& settings, const AgentParts& agent);

  struct Settings {
    std::string role;
    std::string prompt;
    std::shared_ptr<const Synonyms> synonyms;
    bool shown = true;
    bool draft = false;
    bool client_options = false;
    bool system_messages = true;
    bool joins_identical_calls = true;
    std::chrono::milliseconds answers_kept_time{0};
    bool last = false;  // no "ok" edge
    std::uint32_t window_messages_max = 0;
    std::uint32_t prompt_tokens_max = 0;  // 0: no limit
    std::uint32_t tokens_out_max = 0;
  };

  explicit GenerateNode(Settings settings) : settings_(std::move(settings)) {}

  std::string_view kind() const override { return "generate"; }
  std::vector<std::string> edges() const override;
  Json fields() const override;
  std::vector<std::string> private_fields() const override;
  std::optional<HandsOn> hands_on() const override;
  Result<Action> enter(const TurnState& turn) const override;
  Result<Action> resume(const TurnState& turn, const Answer& answer) const override;

 private:
  // `behind`: messages that stand behind those of the turn.
  Result<ChatRequest> request_of(const TurnState& turn, const Messages& behind = {}) const;
  const Json* format_of(const TurnState& turn) const;
  Result<Action> repair(const TurnState& turn,
                        const Generated& generated,
                        const std::string& fault) const;
  Result<void> add_window(const Messages& messages,
                          const Messages& behind,
                          ChatRequest& request) const;

  const Settings settings_;
};

}  // namespace parlance
