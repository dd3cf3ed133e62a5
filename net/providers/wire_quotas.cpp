#include "net/providers/wire_quotas.hpp"

#include "net/client/times.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace parlance::net {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t quota_max = 1'000'000'000'000;
constexpr milliseconds reset_max = std::chrono::hours(24);

std::optional<std::uint64_t> quota_in(std::string_view text) {
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || end != text.data() + text.size() || count > quota_max)
    return std::nullopt;
  return count;
}

ToldQuota openai_quota(const HttpHead& head, const std::string& kind) {
  return {quota_in(head.field("x-ratelimit-limit-" + kind)),
          quota_in(head.field("x-ratelimit-remaining-" + kind)),
          read_time_span(head.field("x-ratelimit-reset-" + kind), reset_max)};
}

ToldQuota anthropic_quota(const HttpHead& head, const std::string& kind, std::int64_t now_ms) {
  const std::string start = "anthropic-ratelimit-" + kind;
  ToldQuota quota{
      quota_in(head.field(start + "-limit")), quota_in(head.field(start + "-remaining")), {}};
  const auto reset_ms = read_rfc3339(head.field(start + "-reset"));
  if (reset_ms)
    quota.reset = std::clamp(milliseconds(*reset_ms - now_ms), milliseconds(0), reset_max);
  return quota;
}

// The share of it that is left; a kind whose reset has come is whole.
double share_left(const ToldQuota& quota) {
  const bool is_whole = !quota.remaining || (quota.reset && quota.reset->count() == 0);
  if (is_whole) return 1;
  if (!quota.limit || *quota.limit == 0) return *quota.remaining == 0 ? 0 : 1;
  return static_cast<double>(*quota.remaining) / static_cast<double>(*quota.limit);
}

}  // namespace

ToldQuotas openai_quotas(const HttpHead& head) {
  return {openai_quota(head, "requests"), openai_quota(head, "tokens"), false};
}

ToldQuotas anthropic_quotas(const HttpHead& head, std::int64_t now_ms) {
  if (const auto date = read_http_date(head.field("date"))) now_ms = *date * 1'000;
  ToldQuotas quotas{anthropic_quota(head, "requests", now_ms), {}, false};
  for (const char* const kind : {"tokens", "input-tokens", "output-tokens"}) {
    const ToldQuota quota = anthropic_quota(head, kind, now_ms);
    const bool is_less = !quotas.tokens.remaining || share_left(quota) < share_left(quotas.tokens);
    if (quota.remaining && is_less) quotas.tokens = quota;
  }
  return quotas;
}

}  // namespace parlance::net
