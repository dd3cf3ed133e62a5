// What the heads of answers say of a provider's limits, in the words of each API.
//
// Threading: pure. Bounds: counts of more than 10^12, and what is no whole number, are not read;
// resets are a day at most.
#pragma once

#include "net/client/http_client.hpp"
#include "runtime/limits/told_quotas.hpp"

#include <cstdint>

namespace parlance::net {

// x-ratelimit-{limit,remaining,reset}-{requests,tokens}; resets are spans: "6m0s", "20ms", "7.66s".
ToldQuotas openai_quotas(const HttpHead& head);

// anthropic-ratelimit-{requests,tokens,input-tokens,output-tokens}-{limit,remaining,reset}; resets
// are times, by the clock that the answer's Date shows, else by ours. Of the three kinds of tokens,
// the one of which the least part is left.
ToldQuotas anthropic_quotas(const HttpHead& head, std::int64_t now_ms);

}  // namespace parlance::net
