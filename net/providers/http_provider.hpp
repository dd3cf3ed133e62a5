// A provider of models behind HTTP: one transport for every API (net/providers/wire_format.hpp).
//
//   HttpProvider provider{io, anthropic_wire(), options};
//
// Calls are streamed, but those that embed. An endpoint that answers 200 with one JSON answer in
// place of a stream is understood as well: its text is one piece. A stream that said why the model
// stopped is whole, at its last event or wherever it ends after that; whatever else ends it is an
// error, whether or not something was said. Which error a failure is:
// net/providers/provider_policy.hpp.
//
// A call that is refused with a key which was rotated meanwhile is sent once more, with the new one
// (net/credentials/credential.hpp).
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
#include "net/credentials/credential.hpp"
#include "net/providers/wire_format.hpp"
#include "runtime/ports/chat_provider.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace parlance::net {

struct HttpProviderOptions {
  std::string base_url;                                        // "https://api.example.com/v1"
  std::shared_ptr<Credential> api_key = fixed_credential({});  // an empty one is not sent
  std::string ca_file;                                         // as in HttpClientOptions
  std::chrono::milliseconds connect_time_max{5'000};
  std::chrono::milliseconds first_token_time_max{30'000};
  std::chrono::milliseconds gap_time_max{30'000};
  std::chrono::milliseconds total_time_max{600'000};  // of a call, from its start to its end
  std::chrono::milliseconds idle_time_max{30'000};    // of a pooled connection
  std::size_t connections_idle_max = 64;
  std::size_t answer_bytes_max = 256U << 10U;
  std::size_t stream_bytes_max = 64U << 20U;
};

class HttpProvider : public ChatProvider {
 public:
  // `wire` outlives the provider. Throws std::runtime_error for a base_url or ca_file that cannot
  // be used; the message names which.
  HttpProvider(boost::asio::io_context& io, const WireFormat& wire, HttpProviderOptions options);

  CancelCall start(ProviderCall call, ProviderReports reports) override;

 private:
  struct Sending;

  HttpRequest request_of(const Sending& sending) const;
  void send(const std::shared_ptr<Sending>& sending);
  void renew(const std::shared_ptr<Sending>& sending, Error refusal);

  boost::asio::io_context& io_;
  const WireFormat& wire_;
  const HttpProviderOptions options_;
  const Url url_;
  HttpClient client_;
};

}  // namespace parlance::net
