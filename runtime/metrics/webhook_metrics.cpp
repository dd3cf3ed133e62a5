#include "runtime/metrics/webhook_metrics.hpp"

namespace parlance {
namespace {

constexpr const char* attempts_help = "Attempts to deliver a webhook, by outcome";
constexpr const char* given_up_help = "Webhooks that were given up, by reason";

}  // namespace

WebhookMetrics::WebhookMetrics(Registry& registry)
    : delivered_(registry.counter(
          "parlance_webhook_attempts_total", attempts_help, {{"outcome", "delivered"}})),
      failed_(registry.counter(
          "parlance_webhook_attempts_total", attempts_help, {{"outcome", "failed"}})),
      gone_(registry.counter(
          "parlance_webhooks_given_up_total", given_up_help, {{"reason", "gone"}})),
      out_of_time_(registry.counter(
          "parlance_webhooks_given_up_total", given_up_help, {{"reason", "out_of_time"}})),
      waiting_(registry.gauge("parlance_webhooks_waiting", "Webhooks that wait for a receiver")) {}

}  // namespace parlance
