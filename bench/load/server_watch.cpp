#include "bench/load/server_watch.hpp"

#include "bench/load/client.hpp"

#include <utility>

namespace parlance::bench {
namespace {

constexpr std::chrono::seconds sample_interval{1};

}  // namespace

ServerWatch::ServerWatch(boost::asio::io_context& io,
                         const boost::asio::ip::tcp::endpoint& endpoint,
                         std::chrono::milliseconds timeout,
                         const std::string& request,
                         Figures& figures)
    : request_(request),
      figures_(figures),
      connection_(io, endpoint, timeout),
      timer_(io) {}

boost::asio::awaitable<void> ServerWatch::run(Clock::time_point start) {
  stopped_ = false;
  do {
    auto exchange = co_await connection_.exchange(request_);
    const bool answered = exchange.end == ExchangeEnd::whole;
    if (answered && exchange.status != 200) co_return;
    if (answered) {
      const MetricsText page(std::move(exchange.body));
      auto sample = server_sample(page);
      if (!sample) co_return;
      sample->at_s = std::chrono::duration<double>(exchange.ended - start).count();
      figures_.server.push_back(*sample);
      figures_.metrics.see(sample->at_s, page);
    }
    if (stopped_) co_return;
    co_await pause(timer_, sample_interval);
  } while (!stopped_);
}

void ServerWatch::stop() {
  stopped_ = true;
  timer_.cancel();
  connection_.check_deadline(Clock::time_point::max());
}

}  // namespace parlance::bench
