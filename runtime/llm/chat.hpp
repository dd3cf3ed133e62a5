// What is asked of a model and what comes back, in no provider's words.
#pragma once

#include "runtime/base/json.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace parlance {

enum class Role : std::uint8_t {
  system = 1,
  human = 2,
  ai = 3,
  tool = 4
};  // on disk: never renumber

struct Usage {
  std::uint32_t tokens_in = 0;
  std::uint32_t tokens_out = 0;
  std::uint32_t tokens_in_cached = 0;  // of tokens_in: what the provider had read before

  Usage& operator+=(const Usage& more) {
    tokens_in += more.tokens_in;
    tokens_out += more.tokens_out;
    tokens_in_cached += more.tokens_in_cached;
    return *this;
  }
  bool operator==(const Usage&) const = default;
};

// One message of a conversation. Immutable once made, and shared (MessagePtr), because the window
// of a thread, its journal record and the streams that show it all hold the same one.
struct Message {
  std::string id;  // a message with a known id replaces the one it names
  Role role = Role::human;
  std::string text;
  Json extra = nullptr;  // an object of further fields that clients sent (name, …), or null
  std::optional<Usage> usage;

  bool operator==(const Message&) const = default;
};

using MessagePtr = std::shared_ptr<const Message>;
using Messages = std::vector<MessagePtr>;

// `messages` with `added` merged in: one with a known id takes that one's place, others follow.
void merge_messages(Messages& messages, const Messages& added);

// About what the message takes in memory, in bytes.
std::size_t bytes_of(const Message& message);

// A piece of an agent's knowledge that a retriever found.
struct Passage {
  std::string source;  // the file, as the agent's folder names it: "docs/errors.md"
  std::string title;   // the heading it stands under
  std::string text;
  double score = 0;  // larger is better; comparable within one search only

  bool operator==(const Passage&) const = default;
};

// How rare the terms of a search are in all that was searched: a rare one tells more.
struct DocumentFrequencies {
  std::size_t documents = 0;                   // that were searched
  std::map<std::string, std::size_t> holding;  // how many of them hold the term

  bool operator==(const DocumentFrequencies&) const = default;
};

// What a retriever answers.
struct Passages {
  std::vector<Passage> found;  // best first
  DocumentFrequencies frequencies;
};

class Synonyms;         // runtime/llm/synonyms.hpp
struct EmbeddingInput;  // runtime/llm/embedding.hpp
using Vectors = std::vector<std::vector<float>>;

struct ChatRequest {
  std::string role;            // "main": the settings' models.<role> maps it to lanes
  std::string model_override;  // a provider's model that the client chose, or empty
  std::vector<MessagePtr> messages;
  std::vector<Passage> passages;  // what the answer may be taken from; `messages` shows them too
  // How much of the first message is the same in all calls of the agent; passages stand behind it.
  std::size_t prompt_bytes = 0;
  std::uint32_t tokens_out_max = 2'048;
  std::optional<double> temperature;
  // What the client wants the provider to be told besides, as it is: tools, response_format, stop…
  Json client_options = Json::object();
  // For the offline model: how rare the words of the question are, and what means the same in the
  // agent's field; empty and null where nobody knows.
  DocumentFrequencies frequencies;
  std::shared_ptr<const Synonyms> synonyms;
  bool joins_identical = false;  // one call may answer it and others like it at once
  // How long its answer may answer others like it; 0: not at all.
  std::chrono::milliseconds answer_kept_time{0};
  // What vectors are wanted of, in place of an answer to `messages`; null: of nothing.
  std::shared_ptr<const EmbeddingInput> embeds;
};

// On disk: never renumber.
enum class StopReason : std::uint8_t { stop = 1, length = 2, tool_calls = 3, content_filter = 4 };

// runtime/llm/tool_calls.hpp
struct ToolCall {
  std::string id;
  std::string name;
  std::string arguments;  // JSON, as the model wrote it: it may be broken
  // What its provider wants to be told again with the call: Gemini's thought signature.
  std::string signature = {};

  bool operator==(const ToolCall&) const = default;
};

// Whose call of the provider it was that answered.
enum class AnswerSource : std::uint8_t {
  own_call,
  shared_call,  // another's, who asked for the same at the same time, and is charged for it
  kept_answer   // nobody's: the answer was kept from an earlier call
};

struct ChatAnswer {
  std::string model;  // the model that answered, as its provider calls it
  std::string text;
  std::vector<ToolCall> tool_calls;
  Usage usage;
  StopReason stop_reason = StopReason::stop;
  std::string refusal = {};  // why the model does not answer, in its own words; it then has no text
  AnswerSource source = AnswerSource::own_call;
  std::shared_ptr<const Vectors> vectors = nullptr;  // one for each that the request embeds
  bool usage_is_told = true;                         // by the provider; else it is estimated
};

}  // namespace parlance
