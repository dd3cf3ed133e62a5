#include "net/providers/http_provider.hpp"

#include "net/providers/running_call.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/llm/embedding.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <memory>
#include <mutex>
#include <stdexcept>
#include <utility>

namespace parlance::net {
namespace {

Url base_of(const HttpProviderOptions& options) {
  auto url = parse_url(options.base_url);
  if (!url) throw std::runtime_error("base_url: " + url.error().detail);
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

// A call, sent once or, where its key was rotated, twice.
struct HttpProvider::Sending {
  Sending(ProviderCall call_, WireRequest wired_, ProviderReports reports_, Deadline deadline_)
      : call(std::move(call_)),
        wired(std::move(wired_)),
        reports(std::move(reports_)),
        deadline(deadline_) {}

  void stop() {
    CancelHttp cancel;
    {
      const std::scoped_lock lock(mutex);
      is_stopped = true;
      cancel = std::exchange(cancel_newest, {});
    }
    if (cancel) cancel();
  }

  // The first time may be over, and the second begun, before this is told of it.
  void runs(int attempt, CancelHttp cancel) {
    {
      const std::scoped_lock lock(mutex);
      if (attempt < newest) return;
      newest = attempt;
      if (!is_stopped) {
        cancel_newest = std::move(cancel);
        return;
      }
    }
    cancel();
  }

  const ProviderCall call;
  const WireRequest wired;
  const ProviderReports reports;
  const Deadline deadline;  // the call's own, or the provider's total_time_max
  std::shared_ptr<const std::string> key;
  int attempts = 0;

 private:
  std::mutex mutex;
  CancelHttp cancel_newest;  // all of these are guarded by mutex
  int newest = 0;
  bool is_stopped = false;
};

HttpRequest HttpProvider::request_of(const Sending& sending) const {
  const bool is_stream = !sending.call.request.embeds;
  HttpRequest request{.url = url_,
                      .fields = {{"content-type", "application/json"},
                                 {"accept", is_stream ? "text/event-stream" : "application/json"},
                                 {"user-agent", "parlance"}},
                      .body = sending.wired.body,
                      .body_bytes_max = options_.stream_bytes_max,
                      .first_piece_time_max = options_.first_token_time_max,
                      .gap_time_max = options_.gap_time_max,
                      .deadline = sending.deadline};
  request.url.path += sending.wired.target;
  for (auto& field : wire_.fields(*sending.key))
    request.fields.push_back(std::move(field));
  const std::string& id = sending.call.request_id;
  if (is_identifier(id)) request.fields.emplace_back("x-request-id", id);
  return request;
}

CancelCall HttpProvider::start(ProviderCall call, ProviderReports reports) {
  auto wired = wire_.request(call.model, call.request);
  if (!wired) {
    boost::asio::post(
        io_, [reports = std::move(reports), refusal = wired.error()] { reports.ended(refusal); });
    return [] {};
  }
  const auto total = Deadline::at(Deadline::Clock::now() + options_.total_time_max);
  const auto deadline = total.when() < call.deadline.when() ? total : call.deadline;
  const auto sending =
      std::make_shared<Sending>(std::move(call), std::move(*wired), std::move(reports), deadline);
  send(sending);
  return [sending] { sending->stop(); };
}

void HttpProvider::send(const std::shared_ptr<Sending>& sending) {
  const int attempt = ++sending->attempts;
  sending->key = options_.api_key->value();
  RunningCallOptions options;
  options.model = sending->call.model;
  options.api_key = *sending->key;
  options.answer_bytes_max = options_.answer_bytes_max;
  options.limit_is_own = sending->deadline.when() < sending->call.deadline.when();
  const auto& embeds = sending->call.request.embeds;
  options.vectors_wanted = embeds ? embeds->count() : 0;
  ProviderReports reports = sending->reports;
  if (attempt == 1) {
    reports.ended = [this, sending](Result<ChatAnswer> outcome) {
      const bool is_key = !outcome && outcome.error().code == ErrorCode::credentials_refused;
      if (is_key) return renew(sending, outcome.error());
      sending->reports.ended(std::move(outcome));
    };
  }
  const auto running = std::make_shared<RunningCall>(wire_, std::move(options), std::move(reports));
  auto cancel = client_.start(
      request_of(*sending),
      {[running](const HttpHead& head) { running->head(head); },
       [running](std::string_view piece) { return running->body(piece); },
       [running](std::optional<HttpFailure> failure) { running->ended(std::move(failure)); }});
  sending->runs(attempt, std::move(cancel));
}

void HttpProvider::renew(const std::shared_ptr<Sending>& sending, Error refusal) {
  options_.api_key->renew(*sending->key,
                          [this, sending, refusal = std::move(refusal)](bool changed) {
                            boost::asio::post(io_, [this, sending, refusal, changed] {
                              if (changed) return send(sending);
                              sending->reports.ended(refusal);
                            });
                          });
}

}  // namespace parlance::net
