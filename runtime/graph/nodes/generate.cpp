#include "runtime/graph/nodes/generate.hpp"

#include "runtime/graph/nodes/node_settings.hpp"
#include "runtime/graph/nodes/turn_fields.hpp"
#include "runtime/llm/answer_notes.hpp"
#include "runtime/llm/structured_answer.hpp"
#include "runtime/llm/tokens.hpp"
#include "runtime/llm/tool_calls.hpp"
#include "runtime/llm/window.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace parlance {
namespace {

using namespace std::chrono_literals;

std::string system_text(const std::string& prompt, const std::vector<Passage>& passages) {
  std::string text = prompt;
  for (std::size_t i = 0; i < passages.size(); ++i) {
    const auto& passage = passages[i];
    if (!text.empty()) text += "\n\n";
    text += '[' + std::to_string(i + 1) + "] " + passage.source + " - " + passage.title + '\n' +
            passage.text;
  }
  return text;
}

Messages without_system_messages(Messages messages) {
  std::erase_if(messages, [](const auto& message) { return message->role == Role::system; });
  return messages;
}

}  // namespace

Result<std::unique_ptr<Node>> GenerateNode::make(const Json& settings, const AgentParts& agent) {
  auto reader = node_reader(settings);
  Settings read_settings;
  read_settings.role = reader.text("role", "main");
  const auto prompt = reader.text("prompt", {});
  read_settings.draft = reader.flag("draft", false);
  read_settings.shown = reader.flag("shown", !read_settings.draft);
  read_settings.client_options = reader.flag("client_options", false);
  read_settings.system_messages = reader.flag("system_messages", prompt.empty());
  read_settings.prompt_tokens_max = reader.number("prompt_tokens_max", 0, {0, 100'000'000});
  read_settings.joins_identical_calls = reader.flag("joins_identical_calls", true);
  read_settings.answers_kept_time =
      reader.duration("answers_kept_time", 0ms, {0ms, std::chrono::hours(24 * 30)});
  read_settings.last = !has_edge(settings, "ok");
  read_settings.window_messages_max = agent.limits.window_messages_max;
  read_settings.tokens_out_max = agent.limits.tokens_out_max;
  if (auto read = reader.finish(); !read) return read.error();
  if (read_settings.draft && read_settings.last) {
    return Error{ErrorCode::invalid_value,
                 "needs the edge \"ok\": nobody would read the draft",
                 "draft",
                 {}};
  }
  if (read_settings.draft && read_settings.shown) {
    return Error{ErrorCode::invalid_value,
                 "does not go with \"draft\": a draft is shown when it has been judged",
                 "shown",
                 {}};
  }
  if (read_settings.draft && read_settings.client_options) {
    return Error{ErrorCode::invalid_value,
                 "does not go with \"draft\": calls to a client's tools cannot be judged",
                 "client_options",
                 {}};
  }
  read_settings.synonyms = agent.synonyms;
  if (!prompt.empty()) {
    auto text = read_text_file(agent.folder, prompt, "prompt");
    if (!text) return text.error();
    read_settings.prompt = std::move(*text);
  }
  return std::unique_ptr<Node>(std::make_unique<GenerateNode>(std::move(read_settings)));
}

std::vector<std::string> GenerateNode::edges() const {
  return settings_.last ? std::vector<std::string>{} : std::vector<std::string>{"ok"};
}

Json GenerateNode::fields() const {
  return settings_.draft ? Json{{draft_field, Json::object()}} : Json::object();
}

std::vector<std::string> GenerateNode::private_fields() const {
  return settings_.draft ? std::vector<std::string>{std::string(draft_field)}
                         : std::vector<std::string>{};
}

std::optional<HandsOn> GenerateNode::hands_on() const {
  return HandsOn{settings_.role, settings_.client_options, settings_.system_messages};
}

// What a client asked for as JSON is shown once it is known to be that.
Result<Action> GenerateNode::enter(const TurnState& turn) const {
  auto request = request_of(turn);
  if (!request) return request.error();
  return Action(AskModel{std::move(*request), settings_.shown && format_of(turn) == nullptr});
}

Result<ChatRequest> GenerateNode::request_of(const TurnState& turn, const Messages& behind) const {
  ChatRequest request;
  request.role = settings_.role;
  request.model_override = turn.model_override;
  request.passages = passages_of(turn);
  request.frequencies = frequencies_of(turn);
  request.synonyms = settings_.synonyms;
  request.prompt_bytes = settings_.prompt.size();
  auto system = system_text(settings_.prompt, request.passages);
  if (!system.empty()) {
    request.messages.push_back(std::make_shared<const Message>(
        Message{{}, Role::system, std::move(system), nullptr, std::nullopt}));
  }
  request.tokens_out_max = settings_.tokens_out_max;
  if (const auto asked = turn.options.find("max_tokens");
      asked != turn.options.end() && asked->is_number_integer()) {
    const auto tokens =
        std::clamp<std::int64_t>(asked->get<std::int64_t>(), 1, settings_.tokens_out_max);
    request.tokens_out_max = static_cast<std::uint32_t>(tokens);
  }
  if (const auto asked = turn.options.find("temperature");
      asked != turn.options.end() && asked->is_number()) {
    request.temperature = std::clamp(asked->get<double>(), 0.0, 2.0);
  }
  if (const auto options = turn.options.find("client_options");
      settings_.client_options && options != turn.options.end()) {
    request.client_options = *options;
  }
  if (request.temperature.value_or(0) == 0) {
    request.joins_identical = settings_.joins_identical_calls;
    // The same answer as before would be sent back as well, or be as unfit.
    const bool was_sent_back = draft_of(turn) != nullptr;
    const bool is_judged = format_of(turn) != nullptr;
    if (!was_sent_back && !is_judged) request.answer_kept_time = settings_.answers_kept_time;
  }
  if (auto shown = add_window(turn.messages, behind, request); !shown) return shown.error();
  return request;
}

// The model is shown its answer and what is wrong with it, once, where there is room for both.
Result<Action> GenerateNode::repair(const TurnState& turn,
                                    const Generated& generated,
                                    const std::string& fault) const {
  Messages shown;
  const auto add = [&](Role role, std::string text) {
    shown.push_back(
        std::make_shared<const Message>(Message{{}, role, std::move(text), nullptr, std::nullopt}));
  };
  if (!generated.answer.text.empty()) add(Role::ai, generated.answer.text);
  add(Role::human,
      "This is not the JSON that was asked for: " + fault +
          ". Answer again, with the whole JSON and nothing else.");
  auto request = request_of(turn, shown);
  if (generated.repaired || !request) {
    return Error{ErrorCode::answer_unfit,
                 "the model's answer is not what response_format asks for: " + fault,
                 {},
                 {}};
  }
  return Action(AskModel{std::move(*request), /*shown=*/false, /*repairs=*/true});
}

// Behind what stands in the request already, and before what is to stand `behind`.
Result<void> GenerateNode::add_window(const Messages& messages,
                                      const Messages& behind,
                                      ChatRequest& request) const {
  const std::uint64_t tokens_max =
      settings_.prompt_tokens_max == 0 ? UINT64_MAX : settings_.prompt_tokens_max;
  const auto before = static_cast<std::ptrdiff_t>(request.messages.size());
  request.messages.insert(request.messages.end(), behind.begin(), behind.end());
  const std::uint64_t taken = prompt_tokens_of(request);
  const auto window =
      window_of(settings_.system_messages ? messages : without_system_messages(messages),
                settings_.window_messages_max,
                tokens_max - std::min(tokens_max, taken));
  request.messages.insert(request.messages.begin() + before, window.begin(), window.end());
  const std::uint64_t tokens = prompt_tokens_of(request);
  if (tokens <= tokens_max) return {};
  return Error{ErrorCode::context_length_exceeded,
               "the newest message and what goes with it are about " + std::to_string(tokens) +
                   " tokens, more than prompt_tokens_max: " + std::to_string(tokens_max),
               {},
               {}};
}

// The JSON that the client asks of this node's answer; null: none.
const Json* GenerateNode::format_of(const TurnState& turn) const {
  const auto options = turn.options.find("client_options");
  if (!settings_.client_options || options == turn.options.end()) return nullptr;
  return json_format_of(*options);
}

Result<Action> GenerateNode::resume(const TurnState& turn, const Answer& answer) const {
  const auto* generated = std::get_if<Generated>(&answer);
  if (generated == nullptr) return Node::resume(turn, answer);
  const Json* const format = format_of(turn);
  if (format != nullptr) {
    const auto fault = fault_of_answer(generated->answer, *format);
    if (fault) return repair(turn, *generated, *fault);
  }
  Message message{
      generated->message, Role::ai, generated->answer.text, nullptr, generated->answer.usage};
  set_notes(message, generated->answer);
  if (!generated->answer.tool_calls.empty())
    message.extra[tool_calls_key] = openai_tool_calls(generated->answer.tool_calls);
  Update update;
  if (settings_.draft) {
    update.fields[draft_field] = draft_json(message);
  } else {
    update.messages.push_back(std::make_shared<const Message>(std::move(message)));
    update.in_pieces = settings_.shown && format != nullptr;
  }
  if (settings_.last) return Action(Finish{std::move(update)});
  return Action(Follow{"ok", std::move(update)});
}

}  // namespace parlance
