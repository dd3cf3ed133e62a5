#include "net/webhooks/webhook_client.hpp"

#include "net/client/retry_after.hpp"

#include <memory>
#include <utility>

namespace parlance::net {
namespace {

constexpr std::chrono::milliseconds retry_after_max = std::chrono::hours(24);
constexpr std::int64_t ms_per_s = 1'000;

HttpClientOptions client_options(const WebhookClientOptions& options) {
  HttpClientOptions client;
  client.ca_file = options.ca_file;
  client.connect_time_max = options.attempt_time_max;
  client.write_time_max = options.attempt_time_max;
  client.connections_idle_max = 4;
  return client;
}

}  // namespace

HttpWebhookClient::HttpWebhookClient(boost::asio::io_context& io,
                                     WebhookClientOptions options,
                                     const WebhookRules& rules,
                                     const Clock& clock)
    : options_(std::move(options)),
      rules_(rules),
      clock_(clock),
      client_(io, client_options(options_)) {}

CancelWebhook HttpWebhookClient::post(const Delivery& delivery,
                                      std::function<void(WebhookAnswer)> answered) {
  const auto target = rules_.check(delivery.url);
  if (!target || options_.secrets.empty()) {
    answered({0, {}, target ? "there is no secret to sign with" : target.error().detail});
    return [] {};
  }
  const std::string& id = delivery.key.run.value;
  const std::int64_t timestamp_s = clock_.unix_ms() / ms_per_s;
  std::string signatures;
  for (const auto& secret : options_.secrets) {
    if (!signatures.empty()) signatures.push_back(' ');
    signatures.append(secret.sign(id, timestamp_s, delivery.body));
  }
  HttpRequest request{
      .url = target->url,
      .fields = {{"content-type", "application/json"},
                 {"user-agent", "parlance"},
                 {"webhook-id", id},
                 {"webhook-timestamp", std::to_string(timestamp_s)},
                 {"webhook-signature", std::move(signatures)}},
      .body = delivery.body,
      .public_addresses_only = target->public_addresses_only,
      .first_piece_time_max = options_.attempt_time_max,
      .gap_time_max = options_.attempt_time_max,
      .deadline = Deadline::at(std::chrono::steady_clock::now() + options_.attempt_time_max)};
  const auto answer = std::make_shared<WebhookAnswer>();
  return client_.start(
      std::move(request),
      {[answer](const HttpHead& head) {
         answer->status = head.status;
         answer->retry_after = read_retry_after(
             head.field("retry-after"), head.field("retry-after-ms"), retry_after_max);
       },
       [](std::string_view) { return HttpNext::finished; },
       [answer, answered = std::move(answered)](const std::optional<HttpFailure>& failure) {
         if (failure && answer->status == 0) answer->failure = failure->detail;
         answered(std::move(*answer));
       }});
}

}  // namespace parlance::net
