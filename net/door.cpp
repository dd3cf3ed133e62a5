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

void append_header(std::string& to, std::string_view name, std::uint64_t value) {
  to.append(name).append(": ");
  append_number(to, value);
  to.append("\r\n");
}

}  // namespace

Door::Door(DoorOptions options, HttpMetrics& metrics)
    : options_(std::move(options)),
      metrics_(metrics),
      wrong_keys_(options_.clients_max) {
  for (const auto& proxy : options_.proxies_trusted)
    proxies_.push_back(plain(boost::asio::ip::make_address(proxy)));
  const auto add = [this](std::string_view name, std::uint32_t most, Counter& refused) {
    if (most > 0)
      limits_.push_back({name, most, &refused, LruMap<SlidingWindow>(options_.clients_max)});
  };
  add("address", options_.requests_per_address_max, metrics.rate_limited_by_address);
  add("key", options_.requests_per_key_max, metrics.rate_limited_by_key);
  add("tenant", options_.requests_per_tenant_max, metrics.rate_limited_by_tenant);
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

SlidingWindow& Door::window_of(LruMap<SlidingWindow>& windows, std::string_view name) const {
  return windows.find_or_make(name, [this] { return SlidingWindow(options_.window); });
}

std::optional<Error> Door::enter(std::string_view address,
                                 const Caller& caller,
                                 Time now,
                                 std::string& headers) {
  headers.clear();
  if (limits_.empty()) return std::nullopt;
  const std::scoped_lock lock(mutex_);
  std::vector<SlidingWindow*> windows;
  for (auto& limit : limits_) {
    const std::string_view name = limit.name == "address" ? address
                                  : limit.name == "key"   ? std::string_view(caller.key_id)
                                                          : std::string_view(caller.tenant.value);
    windows.push_back(&window_of(limit.windows, name));
  }
  std::optional<Error> refusal;
  for (std::size_t n = 0; n < limits_.size() && !refusal; ++n) {
    const auto wait = windows[n]->wait_for(now, 1, limits_[n].most);
    if (wait.count() == 0) continue;
    limits_[n].refused->Increment();
    refusal = Error{ErrorCode::rate_limited,
                    "more than " + std::to_string(limits_[n].most) + " requests of one " +
                        std::string(limits_[n].name) + " in " + to_text(options_.window),
                    {},
                    rounded_up(wait)};
  }
  std::uint64_t nearest_left = 0;
  const Limit* nearest = nullptr;
  std::chrono::nanoseconds reset{0};
  for (std::size_t n = 0; n < limits_.size(); ++n) {
    if (!refusal) windows[n]->add(now, 1);
    const std::uint64_t left =
        limits_[n].most - std::min<std::uint64_t>(limits_[n].most, windows[n]->used(now));
    if (nearest != nullptr && left >= nearest_left) continue;
    nearest = &limits_[n];
    nearest_left = left;
    reset = windows[n]->wait_for(now, limits_[n].most, limits_[n].most);
  }
  append_header(headers, "x-ratelimit-limit-requests", nearest->most);
  append_header(headers, "x-ratelimit-remaining-requests", nearest_left);
  headers.append("x-ratelimit-reset-requests: ").append(to_text(rounded_up(reset))).append("\r\n");
  return refusal;
}

Door::WrongKey Door::wrong_key(std::string_view address, Error unauthenticated, Time now) {
  metrics_.wrong_keys.Increment();
  if (options_.wrong_keys_max == 0) return {std::move(unauthenticated)};
  const std::scoped_lock lock(mutex_);
  SlidingWindow& window = window_of(wrong_keys_, address);
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
