// What a provider's failure means for the client and for the pool, whichever API it speaks.
//
//   the provider                                    the error
//   429; too many requests or tokens a minute       model_throttled      } with the provider's
//   408, 5xx; overloaded; no head of an answer      model_unavailable    } Retry-After
//   the conversation is too long for the model      context_length_exceeded
//   400, 413, 422                                   request_rejected
//   401, 403; a wrong key                           credentials_refused
//   402; the account's quota; another 4xx           provider_refused
//   a stream that breaks off, in whatever way       provider_failed
//
// An error in an answer that had been accepted (an event of a stream, a body with status 200) is
// throttling or an overload when it says so and comes before the first word; else it breaks the
// answer off. What comes too late is model_unavailable before the first word and provider_failed
// after it.
//
// The words of a provider are passed on, but not those about the server's key and money.
//
// Threading: pure functions.
#pragma once

#include "net/client/http_client.hpp"
#include "net/providers/wire_format.hpp"
#include "runtime/base/error.hpp"

#include <chrono>
#include <optional>

namespace parlance::net {

// An answer with another status than 200. `retry_after` is what its head advised.
Error refusal_error(unsigned status,
                    const ProviderError& said,
                    std::optional<std::chrono::milliseconds> retry_after);

// An error in an answer with status 200. `has_begun`: some of the answer came before it.
Error answer_error(const ProviderError& said, bool has_begun);

Error transport_error(const HttpFailure& failure, bool has_begun);

}  // namespace parlance::net
