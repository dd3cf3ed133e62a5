#include "runtime/llm/call_identity.hpp"

#include "runtime/base/digest.hpp"
#include "runtime/llm/synonyms.hpp"

#include <charconv>
#include <cstdint>

namespace parlance {
namespace {

// One text that no other list of fields has: each stands behind its length.
class Fields {
 public:
  void add(std::string_view field) {
    add(static_cast<std::uint64_t>(field.size()));
    text_ += field;
  }
  void add(std::uint64_t number) { text_ += std::to_string(number) + ':'; }
  // The shortest text that is that number again.
  void add(double number) {
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    add(std::string_view(digits, static_cast<std::size_t>(end - digits)));
  }
  // Members of an object are sorted, however the client wrote them.
  void add(const Json& value) { add(std::string_view(dump(value))); }

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

void add_messages(const Messages& messages, Fields& fields) {
  fields.add(std::uint64_t{messages.size()});
  for (const auto& message : messages) {
    fields.add(static_cast<std::uint64_t>(message->role));
    fields.add(std::string_view(message->text));
    fields.add(message->extra);
  }
}

void add_for_offline_model(const ChatRequest& request, Fields& fields) {
  fields.add(std::uint64_t{request.passages.size()});
  for (const auto& passage : request.passages) {
    fields.add(std::string_view(passage.source));
    fields.add(std::string_view(passage.title));
    fields.add(std::string_view(passage.text));
    fields.add(passage.score);
  }
  fields.add(std::uint64_t{request.frequencies.documents});
  for (const auto& [term, holding] : request.frequencies.holding) {
    fields.add(std::string_view(term));
    fields.add(std::uint64_t{holding});
  }
  fields.add(request.synonyms ? std::string_view(request.synonyms->digest()) : std::string_view());
}

}  // namespace

std::string call_identity(std::string_view tenant,
                          std::string_view lanes,
                          const ChatRequest& request) {
  Fields fields;
  fields.add(tenant);
  fields.add(std::string_view(request.role));
  fields.add(lanes);
  fields.add(std::string_view(request.model_override));
  add_messages(request.messages, fields);
  fields.add(request.client_options);
  fields.add(std::uint64_t{request.tokens_out_max});
  fields.add(std::uint64_t{request.temperature.has_value()});
  fields.add(request.temperature.value_or(0));
  add_for_offline_model(request, fields);
  return sha256_hex(fields.text());
}

}  // namespace parlance
