#include "net/providers/http_provider.hpp"

#include "net/providers/running_call.hpp"
#include "runtime/base/ids.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <utility>

namespace parlance::net {
namespace {

Url base_of(const HttpProviderOptions& options) {
  auto url = parse_url(options.base_url);
  if (!url) throw std::runtime_error("base_url: " + url.error().detail);
  const auto is_printable = [](char c) { return c > ' ' && c < '\x7F'; };
  if (!std::all_of(options.api_key.begin(), options.api_key.end(), is_printable)) {
    throw std::runtime_error("api_key: it holds a character that no key can have");
  }
  return std::move(*url);
}

HttpClientOptions client_options(const HttpProviderOptions& options) {
  HttpClientOptions client;
  client.ca_file = options.ca_file;
  client.connections_idle_max = options.connections_idle_max;
  client.idle_time_max = options.idle_time_max;
  client.connect_time_max = options.connect_time_max;
  return client;
}

}  // namespace

HttpProvider::HttpProvider(boost::asio::io_context& io,
                           const WireFormat& wire,
                           HttpProviderOptions options)
    : io_(io),
      wire_(wire),
      options_(std::move(options)),
      url_(base_of(options_)),
      client_(io, client_options(options_)) {}

HttpRequest HttpProvider::request_of(const ProviderCall& call, WireRequest wired) const {
  const auto total = Deadline::at(Deadline::Clock::now() + options_.total_time_max);
  HttpRequest request{.url = url_,
                      .fields = {{"content-type", "application/json"},
                                 {"accept", "text/event-stream"},
                                 {"user-agent", "parlance"}},
                      .body = std::move(wired.body),
                      .body_bytes_max = options_.stream_bytes_max,
                      .first_piece_time_max = options_.first_token_time_max,
                      .gap_time_max = options_.gap_time_max,
                      .deadline = total.when() < call.deadline.when() ? total : call.deadline};
  request.url.path += wired.target;
  for (auto& field : wire_.fields(options_.api_key))
    request.fields.push_back(std::move(field));
  if (is_identifier(call.request_id)) request.fields.emplace_back("x-request-id", call.request_id);
  return request;
}

CancelCall HttpProvider::start(ProviderCall call, ProviderReports reports) {
  auto wired = wire_.request(call.model, call.request);
  if (!wired) {
    boost::asio::post(
        io_, [reports = std::move(reports), refusal = wired.error()] { reports.ended(refusal); });
    return [] {};
  }
  HttpRequest request = request_of(call, std::move(*wired));
  RunningCallOptions options;
  options.model = std::move(call.model);
  options.api_key = options_.api_key;
  options.answer_bytes_max = options_.answer_bytes_max;
  options.limit_is_own = request.deadline.when() < call.deadline.when();
  const auto running = std::make_shared<RunningCall>(wire_, std::move(options), std::move(reports));
  return client_.start(
      std::move(request),
      {[running](const HttpHead& head) { running->head(head); },
       [running](std::string_view piece) { return running->body(piece); },
       [running](std::optional<HttpFailure> failure) { running->ended(std::move(failure)); }});
}

}  // namespace parlance::net
