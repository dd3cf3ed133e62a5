// Carries one client's turns out, and counts in the figures what becomes of each.
//
// A turn enters a thread (a new one where the last one has had its turns), is sent, and its answer
// is read as it comes. What stands in its way is its own outcome. With a plan that reconnects, an
// answer that broke off is asked for again until the turn's time is over.
//
// Threading: the load run's.
#pragma once

#include "bench/load/answer_reader.hpp"
#include "bench/load/arrivals.hpp"
#include "bench/load/client.hpp"
#include "bench/load/figures.hpp"
#include "bench/load/plan.hpp"
#include "bench/load/requests.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string_view>

namespace parlance::bench {

// What became of a turn, and when.
struct Turn {
  Verdict verdict;
  TurnTimes times;
  bool good = false;  // the right answer, as fast as the plan's objectives ask for
};

class TurnRun {
 public:
  using Clock = HttpConnection::Clock;

  // All outlive it.
  TurnRun(const LoadPlan& plan, const Requests& requests, Figures& figures)
      : plan_(plan),
        requests_(requests),
        figures_(figures) {}

  // From then on it is measured.
  void begin(Clock::time_point start) { last_end_ = start; }
  Clock::time_point last_end() const { return last_end_; }

  // Before it is measured. Where that fails the client has none.
  boost::asio::awaitable<void> prepare_thread(Client& client);

  boost::asio::awaitable<Turn> run(Client& client, const Arrival& arrival);

  // Between this turn and the client's next one, as the verdict asks for.
  boost::asio::awaitable<void> rest(Client& client, const Verdict& verdict);

 private:
  boost::asio::awaitable<Verdict> exchange_turn(Client& client,
                                                const Arrival& arrival,
                                                TurnTimes& times);
  boost::asio::awaitable<std::optional<Verdict>> enter_thread(Client& client,
                                                              const Arrival& arrival);
  boost::asio::awaitable<Verdict> make_thread(Client& client, Exchange& exchange);
  boost::asio::awaitable<Exchange> exchange_again(Client& client,
                                                  std::string_view request,
                                                  AnswerReader& reader,
                                                  const HttpConnection::OnPiece& on_piece);
  Verdict count(const Exchange& exchange, Verdict verdict);
  void finish(const Client& client, const Arrival& arrival, Turn& turn);

  const LoadPlan& plan_;
  const Requests& requests_;
  Figures& figures_;
  Clock::time_point last_end_;
};

}  // namespace parlance::bench
