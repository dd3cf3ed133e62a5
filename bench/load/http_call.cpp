#include "bench/load/http_call.hpp"

#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <string>

namespace parlance::bench {

namespace asio = boost::asio;

Exchange http_call(const Target& target,
                   std::string_view method,
                   std::string_view path,
                   std::string_view body,
                   std::chrono::milliseconds time_max,
                   std::string_view key) {
  asio::io_context io(1);
  Exchange answer;
  answer.end = ExchangeEnd::not_connected;
  boost::system::error_code failed;
  const auto found = asio::ip::tcp::resolver(io).resolve(target.host, target.port, failed);
  if (failed || found.empty()) return answer;

  std::string request;
  request.append(method).append(" ").append(target.path).append(path);
  request.append(" HTTP/1.1\r\nHost: ").append(target.host).append(":").append(target.port);
  if (!key.empty()) request.append("\r\nx-api-key: ").append(key);
  request.append("\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ");
  request.append(std::to_string(body.size())).append("\r\n\r\n").append(body);

  HttpConnection connection(io, found.begin()->endpoint(), time_max);
  answer.end = ExchangeEnd::timed_out;
  const auto exchange = [&]() -> asio::awaitable<void> {
    answer = co_await connection.exchange(request);
  };
  asio::co_spawn(io, exchange(), [](const std::exception_ptr& problem) {
    if (problem) std::rethrow_exception(problem);
  });
  io.run_for(time_max);
  return answer;
}

}  // namespace parlance::bench
