// What leaves the node when a turn with a webhook has ended, and how.
//
// net/routes/langgraph_webhook.hpp writes what is said, net/webhooks/webhook_client.hpp posts it;
// tests/support/fake_webhook_client.hpp answers when the test lets it.
#pragma once

#include "runtime/journal/delivery.hpp"
#include "runtime/ports/conversations.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace parlance {

// A turn that has ended, and the state that it left.
struct EndedRun {
  ThreadKey thread;
  RunView run;
  std::int64_t started_ms = 0;  // of its newest attempt, since 1970; 0: it never began
  Messages messages;            // none when it never began
  Json fields = Json::object();
};

// The body of its webhook. Threading: from any thread.
using WriteWebhook = std::function<std::string(const EndedRun&)>;

struct WebhookAnswer {
  unsigned status = 0;  // of HTTP; 0: no answer came
  std::optional<std::chrono::milliseconds> retry_after;
  std::string failure;  // why no answer came, or why nothing was sent
};

// Stops the attempt that it came from. Late or twice, it does nothing.
using CancelWebhook = std::function<void()>;

// Threading: post() may be called from any thread and returns at once; `answered` runs exactly
// once, on any thread, and must not block. Destroyed after every attempt has ended.
class WebhookClient {
 public:
  virtual ~WebhookClient() = default;

  virtual CancelWebhook post(const Delivery& delivery,
                             std::function<void(WebhookAnswer)> answered) = 0;
};

}  // namespace parlance
