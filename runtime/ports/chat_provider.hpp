// One provider of models, as a lane of the model pool sees it.
//
// net/providers/http_provider.hpp speaks to those behind HTTP, in the API of each;
// actors/offline_provider.hpp answers from the passages themselves; tests/support/ has one that
// answers when the test lets it.
#pragma once

#include "runtime/base/deadline.hpp"
#include "runtime/base/result.hpp"
#include "runtime/limits/told_quotas.hpp"
#include "runtime/llm/chat.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace parlance {

struct ProviderCall {
  std::string model;  // as the provider calls it
  ChatRequest request;
  Deadline deadline;
  std::string request_id;  // passed on, so that both sides' logs can be joined
};

// The words of ours that an error's detail begins with ("the provider answered 400"), for the log.
// What follows the first ": " is what the provider said, and may quote the conversation.
inline std::string own_words_of(const Error& error) {
  return error.detail.substr(0, error.detail.find(": "));
}

// What a call reports: any number of pieces, those that came together at once (`are_last`: so did
// the end, which is reported next), then exactly one end; just before an end that is a failure,
// what its provider counted of it all the same, if it said so. Before all of these, at most once
// for each time that it is sent, what its provider says of its limits.
//
// Threading: called from a thread of the provider's; must not block.
struct ProviderReports {
  std::function<void(std::vector<std::string> pieces, bool are_last)> said;
  // Errors: model_unavailable and model_throttled (nothing was said, another lane may be tried),
  // context_length_exceeded (another model may have a longer one), request_rejected (the request's
  // content is at fault), credentials_refused, provider_refused (its model or its account),
  // provider_failed (cut or broken before it was whole), answer_too_long, deadline_passed,
  // cancelled. The details of the four between model_throttled and provider_failed are shown to
  // clients.
  std::function<void(Result<ChatAnswer>)> ended;
  std::function<void(const Usage& told)> used = nullptr;  // null: nobody wants to know
  std::function<void(const ToldQuotas&)> limited = nullptr;
};

// Stops the call that it came from, and closes its socket. Calling it late or twice does nothing.
using CancelCall = std::function<void()>;

// Threading: start() may be called from any thread and returns at once. Destroyed after every call
// has ended.
class ChatProvider {
 public:
  virtual ~ChatProvider() = default;

  virtual CancelCall start(ProviderCall call, ProviderReports reports) = 0;
};

}  // namespace parlance
