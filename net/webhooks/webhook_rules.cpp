#include "net/webhooks/webhook_rules.hpp"

#include "net/client/address.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

namespace parlance::net {
namespace {

namespace ip = boost::asio::ip;

Error refused(ErrorCode code, std::string detail) {
  return {code, std::move(detail), "webhook", {}};
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return text;
}

std::optional<ip::address> address_of(const std::string& host) {
  boost::system::error_code not_literal;
  auto address = ip::make_address(host, not_literal);
  if (not_literal) return std::nullopt;
  return address;
}

bool is_loopback(const std::string& host) {
  const auto address = address_of(host);
  return address ? address->is_loopback() : is_localhost(host);
}

}  // namespace

Result<WebhookRules> WebhookRules::make(const std::vector<std::string>& hosts_allowed) {
  WebhookRules rules;
  for (const auto& entry : hosts_allowed) {
    if (entry == "*") {
      rules.any_ = true;
      continue;
    }
    const bool plain = entry.starts_with("http://");
    const auto url = parse_target(plain ? entry : "https://" + entry);
    if (!url || !url->path.empty()) {
      return Error{ErrorCode::invalid_value,
                   "\"" + entry + "\" must be a host, host:port, http://host[:port] or *",
                   {},
                   {}};
    }
    rules.hosts_.push_back({plain || is_loopback(url->host), lower(url->host), url->port});
  }
  return rules;
}

Result<WebhookTarget> WebhookRules::check(std::string_view text) const {
  if (hosts_.empty() && !any_)
    return refused(ErrorCode::webhooks_off, "this server sends no webhooks");
  if (text.size() > webhook_url_bytes_max)
    return refused(ErrorCode::invalid_value, "must have at most 2048 characters");
  auto url = parse_target(text);
  if (!url) return refused(ErrorCode::invalid_value, url.error().detail);
  const auto listed = std::find_if(hosts_.begin(), hosts_.end(), [&](const Host& host) {
    return host.name == lower(url->host) && host.port == url->port && (url->is_tls || host.plain);
  });
  if (listed != hosts_.end()) return WebhookTarget{std::move(*url), false};
  if (!any_)
    return refused(ErrorCode::invalid_value, "the host, with its port and scheme, is not allowed");
  if (!url->is_tls) return refused(ErrorCode::invalid_value, "must begin with https://");
  const auto address = address_of(url->host);
  if (address ? !is_public(*address) : is_localhost(url->host))
    return refused(ErrorCode::invalid_value, "the host has no public address");
  return WebhookTarget{std::move(*url), true};
}

}  // namespace parlance::net
