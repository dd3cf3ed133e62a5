// Posts webhooks over HTTP, signed as Standard Webhooks has it:
//
//   webhook-id          the run's id, the same at every attempt
//   webhook-timestamp   of the attempt, in seconds since 1970
//   webhook-signature   "v1,…", one for each secret, so that receivers outlive a rotation
//
// The URL is checked against the rules at every attempt, as they may have changed since it was
// taken. Redirects are not followed, and of an answer only its head counts.
//
// Threading: as WebhookClient says; answers come from threads of the io_context.
//
// Bounds: an attempt takes attempt_time_max. Attempts are as many as the caller starts.
#pragma once

#include "net/client/http_client.hpp"
#include "net/webhooks/webhook_rules.hpp"
#include "net/webhooks/webhook_secret.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/ports/webhooks.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace parlance::net {

struct WebhookClientOptions {
  std::vector<WebhookSecret> secrets;
  std::string ca_file;  // as in HttpClientOptions
  std::chrono::milliseconds attempt_time_max{15'000};
};

class HttpWebhookClient : public WebhookClient {
 public:
  // The rules and the clock outlive it. Throws std::runtime_error when ca_file cannot be read.
  HttpWebhookClient(boost::asio::io_context& io,
                    WebhookClientOptions options,
                    const WebhookRules& rules,
                    const Clock& clock);

  CancelWebhook post(const Delivery& delivery,
                     std::function<void(WebhookAnswer)> answered) override;

 private:
  const WebhookClientOptions options_;
  const WebhookRules& rules_;
  const Clock& clock_;
  HttpClient client_;
};

}  // namespace parlance::net
