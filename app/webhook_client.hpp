// Who posts the server's webhooks, and where to.
#pragma once

#include "net/webhooks/webhook_client.hpp"
#include "net/webhooks/webhook_rules.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/result.hpp"

#include "settings/settings.hpp"
#include <boost/asio/io_context.hpp>

#include <memory>

namespace parlance {

// Without secrets none are taken; those on disk wait.
Result<net::WebhookRules> make_webhook_rules(const WebhookSettings& settings);

// The others outlive it. Errors: a secret that is none; invalid_value for the ca_file.
Result<std::unique_ptr<net::HttpWebhookClient>> make_webhook_client(const WebhookSettings& settings,
                                                                    boost::asio::io_context& io,
                                                                    const net::WebhookRules& rules,
                                                                    const Clock& clock);

}  // namespace parlance
