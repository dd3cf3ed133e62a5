// A provider that speaks the OpenAI chat-completions protocol, streamed.
//
// An endpoint that answers 200 with one JSON completion in place of a stream is understood as well:
// its text is one piece. A stream with a finish_reason is whole, at [DONE] or wherever it ends
// after that; anything else that ends it (a cut socket, broken JSON, an error event) is
// provider_failed, whether or not something was said. 429 is model_throttled, and 408, 5xx and
// everything that goes wrong before the head of an answer are model_unavailable, both with the
// provider's Retry-After; 401 and 403 are credentials_refused, 400, 413 and 422 request_rejected or
// context_length_exceeded, other 4xx provider_refused. A first token that does not come in time is model_unavailable, a later gap
// provider_failed.
//
// The provider's own words reach Error::detail with 200 bytes at most, and the key never does.
//
// Threading: as ChatProvider says; reports come from threads of the io_context, one at a time for
// each call. Never from within start().
//
// Bounds: answer_bytes_max of text (answer_too_long beyond), stream_bytes_max on the wire,
// connections_idle_max idle connections. Calls are as many as the caller starts.
#pragma once

#include "net/client/http_client.hpp"
#include "runtime/ports/chat_provider.hpp"

#include <chrono>
#include <cstddef>
#include <string>

namespace parlance::net {

struct OpenAiProviderOptions {
  std::string base_url;  // "https://api.example.com/v1"
  std::string api_key;   // empty: none is sent
  std::string ca_file;   // as in HttpClientOptions
  std::chrono::milliseconds connect_time_max{5'000};
  std::chrono::milliseconds first_token_time_max{30'000};
  std::chrono::milliseconds gap_time_max{30'000};
  std::chrono::milliseconds idle_time_max{30'000};  // of a pooled connection
  std::size_t connections_idle_max = 64;
  std::size_t answer_bytes_max = 256U << 10U;
  std::size_t stream_bytes_max = 64U << 20U;
};

class OpenAiProvider : public ChatProvider {
 public:
  // Throws std::runtime_error for a base_url, key or ca_file that cannot be used; the message names
  // which and never shows the key.
  OpenAiProvider(boost::asio::io_context& io, OpenAiProviderOptions options);

  CancelCall start(ProviderCall call, ProviderReports reports) override;

 private:
  const OpenAiProviderOptions options_;
  Url url_;
  HttpClient client_;
};

}  // namespace parlance::net
