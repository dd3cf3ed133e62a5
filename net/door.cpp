#include "net/door.hpp"

#include "net/json_text.hpp"
#include "runtime/base/units.hpp"

#include <algorithm>
#include <utility>

namespace parlance::net {
namespace {

using boost::asio::ip::address;
using std::chrono::milliseconds;

constexpr std::uint32_t wrong_keys_at_once_max = 5;  // in a window, answered without a delay
constexpr milliseconds delay_step{100};
constexpr milliseconds delay_max{1'000};

milliseconds rounded_up(std::chrono::nanoseconds time) {
  return std::chrono::ceil<milliseconds>(time);
}

// An IPv4 address that came over an IPv6 socket, as itself.
address plain(const address& of) {
  if (!of.is_v6() || !of.to_v6().is_v4_mapped()) return of;
  return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, of.to_v6());
}

std::string text_of(const address& of) {
  if (of.is_v4()) return of.to_string();
  auto bytes = of.to_v6().to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), std::uint8_t{0});
  return boost::asio::ip::make_address_v6(bytes).to_string() + "/64";
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// What a proxy says of a client: its address, and perhaps its port: 1.2.3.4:567, [2001:db8::1]:567.
std::optional<address> address_in(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('[')) {
    text = text.substr(1, text.find(']') - 1);
  } else if (std::count(text.begin(), text.end(), ':') == 1) {
    text = text.substr(0, text.find(':'));
  }
  boost::system::error_code problem;
  const auto named = boost::asio::ip::make_address(std::string(text), problem);
  return problem ? std::nullopt : std::optional(plain(named));
}

void append_left(std::string& to, RateUnit unit, const RateLimits::Left& left) {
  to.append("x-ratelimit-limit-").append(to_string(unit)).append(": ");
  append_number(to, left.most);
  to.append("\r\nx-ratelimit-remaining-").append(to_string(unit)).append(": ");
  append_number(to, left.left);
  to.append("\r\nx-ratelimit-reset-").append(to_string(unit)).append(": ");
  to.append(to_text(left.reset)).append("\r\n");
}

}  // namespace

RateOptions rate_options(const DoorOptions& options) {
  using enum RateUnit;
  return {options.window,
          options.clients_max,
          {{RateOf::address, requests, options.requests_per_address_max},
           {RateOf::key, requests, options.requests_per_key_max},
           {RateOf::tenant, requests, options.requests_per_tenant_max},
           {RateOf::user, requests, options.requests_per_user_max},
           {RateOf::key, tokens, options.tokens_per_key_max},
           {RateOf::tenant, tokens, options.tokens_per_tenant_max},
           {RateOf::user, tokens, options.tokens_per_user_max}}};
}

Door::Door(DoorOptions options, std::shared_ptr<RateLimits> rates, HttpMetrics& metrics)
    : options_(std::move(options)),
      rates_(std::move(rates)),
      metrics_(metrics),
      wrong_keys_(options_.clients_max) {
  for (const auto& proxy : options_.proxies_trusted)
    proxies_.push_back(plain(boost::asio::ip::make_address(proxy)));
}

bool Door::is_address(const std::string& text) {
  boost::system::error_code problem;
  boost::asio::ip::make_address(text, problem);
  return !problem;
}

std::string Door::address_of(const address& peer, std::string_view forwarded_for) const {
  const auto is_trusted = [this](const address& of) {
    return std::find(proxies_.begin(), proxies_.end(), of) != proxies_.end();
  };
  address nearest = plain(peer);
  while (is_trusted(nearest) && !forwarded_for.empty()) {
    const auto comma = forwarded_for.rfind(',');
    const auto last =
        comma == std::string_view::npos ? forwarded_for : forwarded_for.substr(comma + 1);
    const auto named = address_in(last);
    if (!named) break;
    nearest = *named;
    forwarded_for =
        comma == std::string_view::npos ? std::string_view() : forwarded_for.substr(0, comma);
  }
  return text_of(nearest);
}

std::optional<Error> Door::enter(std::string_view address,
                                 const Caller& caller,
                                 Time now,
                                 Visitor& visitor,
                                 std::string& headers) {
  headers.clear();
  if (rates_->empty()) return std::nullopt;
  visitor = {{{RateOf::address, std::string(address)},
              {RateOf::key, caller.key_id},
              {RateOf::tenant, caller.tenant.value}},
             now};
  auto refusal = refusal_of(visitor.clients, now);
  tell_left(visitor, now, headers);
  if (refusal) visitor = {};
  return refusal;
}

std::optional<Error> Door::enter_user(Visitor& visitor,
                                      const std::string& tenant,
                                      const std::string& user,
                                      Time now,
                                      std::string& headers) {
  if (user.empty() || rates_->empty()) return std::nullopt;
  const RateLimits::Client known = RateLimits::user_of(tenant, user);
  auto refusal = refusal_of({known}, now);
  if (refusal) rates_->take_back(RateUnit::requests, visitor.clients, 1, visitor.since);
  visitor.clients.push_back(known);
  tell_left(visitor, now, headers);
  if (refusal) visitor = {};
  return refusal;
}

void Door::give_back(Visitor& visitor, Time user_since, Time now, std::string& headers) {
  if (visitor.clients.empty()) return;
  for (const auto& client : visitor.clients) {
    rates_->take_back(
        RateUnit::requests, {client}, 1, client.of == RateOf::user ? user_since : visitor.since);
  }
  tell_left(visitor, now, headers);
  visitor = {};
}

// Without one, the request counts. One token has to be left: how many it will take is not known.
std::optional<Error> Door::refusal_of(const RateLimits::Clients& clients, Time now) {
  auto refusal = rates_->refusal_of(RateUnit::tokens, clients, 1, now);
  if (!refusal) refusal = rates_->take(RateUnit::requests, clients, 1, now);
  if (!refusal) return std::nullopt;
  counter_of(refusal->limit.of).Increment();
  return refusal->error();
}

Counter& Door::counter_of(RateOf of) {
  switch (of) {
    case RateOf::address:
      return metrics_.rate_limited_by_address;
    case RateOf::key:
      return metrics_.rate_limited_by_key;
    case RateOf::tenant:
      return metrics_.rate_limited_by_tenant;
    case RateOf::user:
      break;
  }
  return metrics_.rate_limited_by_user;
}

void Door::tell_left(const Visitor& visitor, Time now, std::string& headers) {
  headers.clear();
  for (const RateUnit unit : {RateUnit::requests, RateUnit::tokens}) {
    if (const auto left = rates_->left(unit, visitor.clients, now))
      append_left(headers, unit, *left);
  }
}

Door::WrongKey Door::wrong_key(std::string_view address, Error unauthenticated, Time now) {
  metrics_.wrong_keys.Increment();
  if (options_.wrong_keys_max == 0) return {std::move(unauthenticated)};
  const std::scoped_lock lock(mutex_);
  SlidingWindow& window =
      wrong_keys_.find_or_make(address, [this] { return SlidingWindow(options_.window); });
  window.add(now, 1);
  const std::uint64_t seen = window.used(now);
  if (seen > options_.wrong_keys_max) {
    metrics_.locked_out.Increment();
    return {Error{ErrorCode::locked_out,
                  "too many wrong keys came from this address",
                  {},
                  rounded_up(window.wait_for(now, 1, options_.wrong_keys_max))}};
  }
  if (seen <= wrong_keys_at_once_max) return {std::move(unauthenticated)};
  const auto late = static_cast<std::int64_t>(seen - wrong_keys_at_once_max);
  return {std::move(unauthenticated), std::min(delay_max, delay_step * late)};
}

}  // namespace parlance::net
