#include "net/providers/openai_provider.hpp"

#include "net/providers/openai_call.hpp"
#include "net/providers/openai_wire.hpp"
#include "runtime/base/ids.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <utility>

namespace parlance::net {
namespace {

Url endpoint(const OpenAiProviderOptions& options) {
  auto url = parse_url(options.base_url);
  if (!url) throw std::runtime_error("base_url: " + url.error().detail);
  url->path += "/chat/completions";
  const auto is_printable = [](char c) { return c > ' ' && c < '\x7F'; };
  if (!std::all_of(options.api_key.begin(), options.api_key.end(), is_printable)) {
    throw std::runtime_error("api_key: it holds a character that no key can have");
  }
  return std::move(*url);
}

HttpClientOptions client_options(const OpenAiProviderOptions& options) {
  HttpClientOptions client;
  client.ca_file = options.ca_file;
  client.connections_idle_max = options.connections_idle_max;
  client.idle_time_max = options.idle_time_max;
  client.connect_time_max = options.connect_time_max;
  return client;
}

}  // namespace

OpenAiProvider::OpenAiProvider(boost::asio::io_context& io, OpenAiProviderOptions options)
    : options_(std::move(options)),
      url_(endpoint(options_)),
      client_(io, client_options(options_)) {}

CancelCall OpenAiProvider::start(ProviderCall call, ProviderReports reports) {
  HttpRequest request{.url = url_,
                      .fields = {{"content-type", "application/json"},
                                 {"accept", "text/event-stream"},
                                 {"user-agent", "parlance"}},
                      .body = chat_body(call.model, call.request),
                      .body_bytes_max = options_.stream_bytes_max,
                      .first_piece_time_max = options_.first_token_time_max,
                      .gap_time_max = options_.gap_time_max,
                      .deadline = call.deadline};
  if (!options_.api_key.empty()) {
    request.fields.emplace_back("authorization", "Bearer " + options_.api_key);
  }
  if (is_identifier(call.request_id)) request.fields.emplace_back("x-request-id", call.request_id);

  const auto running = std::make_shared<OpenAiCall>(
      std::move(call.model), options_.api_key, options_.answer_bytes_max, std::move(reports));
  return client_.start(
      std::move(request),
      {[running](const HttpHead& head) { running->head(head); },
       [running](std::string_view piece) { return running->body(piece); },
       [running](const std::optional<HttpFailure>& failure) { running->ended(failure); }});
}

}  // namespace parlance::net
