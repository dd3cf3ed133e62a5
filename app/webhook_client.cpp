#include "app/webhook_client.hpp"

#include <stdexcept>
#include <string>
#include <utility>

namespace parlance {

Result<net::WebhookRules> make_webhook_rules(const WebhookSettings& settings) {
  if (settings.secrets.empty()) return net::WebhookRules{};
  return net::WebhookRules::make(settings.hosts_allowed);
}

Result<std::unique_ptr<net::HttpWebhookClient>> make_webhook_client(const WebhookSettings& settings,
                                                                    boost::asio::io_context& io,
                                                                    const net::WebhookRules& rules,
                                                                    const Clock& clock) {
  net::WebhookClientOptions options;
  for (const auto& text : settings.secrets) {
    auto secret = net::WebhookSecret::parse(text);
    if (!secret) return secret.error();
    options.secrets.push_back(std::move(*secret));
  }
  options.ca_file = settings.ca_file.string();
  options.attempt_time_max = settings.attempt_time_max;
  try {
    return std::make_unique<net::HttpWebhookClient>(io, std::move(options), rules, clock);
  } catch (const std::runtime_error& problem) {
    return Error{ErrorCode::invalid_value, std::string("webhooks: ") + problem.what(), {}, {}};
  }
}

}  // namespace parlance
