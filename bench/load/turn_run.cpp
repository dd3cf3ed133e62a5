#include "bench/load/turn_run.hpp"

#include "runtime/base/ids.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace parlance::bench {
namespace asio = boost::asio;

namespace {

constexpr std::chrono::milliseconds pause_after_no_answer{10};
constexpr std::chrono::milliseconds pause_before_reconnection{50};

// By the server's end, or its leave: the answer is still to be had.
bool is_broken(const Verdict& verdict) {
  if (verdict.outcome == TurnOutcome::finished) return false;
  return verdict.code == to_string(ExchangeEnd::cut) || verdict.code == "draining" ||
         verdict.code == to_string(ExchangeEnd::not_connected);
}

}  // namespace

asio::awaitable<void> TurnRun::prepare_thread(Client& client) {
  if (plan_.surface == Surface::openai) {
    if (plan_.one_thread || plan_.turns_per_thread > 0) client.thread = random_uuid();
    co_return;
  }
  Exchange exchange;
  co_await make_thread(client, exchange);
  if (exchange.end == ExchangeEnd::whole) ++figures_.responses;
}

asio::awaitable<Turn> TurnRun::run(Client& client, const Arrival& arrival) {
  Turn turn;
  turn.times.intended = arrival.intended;
  turn.times.sent = Clock::now();
  ++figures_.sent;
  figures_.timeline.sent(turn.times.sent);
  turn.verdict = co_await exchange_turn(client, arrival, turn.times);
  finish(client, arrival, turn);
  if (client.turns_left_on_thread > 0) --client.turns_left_on_thread;
  ++client.turns_on_thread;
  co_return turn;
}

asio::awaitable<Verdict> TurnRun::exchange_turn(Client& client,
                                                const Arrival& arrival,
                                                TurnTimes& times) {
  if (auto refused = co_await enter_thread(client, arrival)) co_return *std::move(refused);
  const auto request = requests_.turn(arrival.number, client.thread, arrival.row);
  AnswerReader reader(plan_.surface, plan_.mode, requests_.expected(arrival.number));
  HttpConnection::OnPiece on_piece;
  const auto on_gap = [this](std::chrono::nanoseconds gap) { figures_.gap.record(gap); };
  if (plan_.mode == AnswerMode::stream) {
    on_piece = [&](std::string_view piece, Clock::time_point when) {
      const bool had_text = times.first_text.has_value();
      reader.take(piece, when, times, on_gap);
      if (had_text || !times.first_text) return;
      figures_.first_text.record(when - times.intended);
      figures_.first_text_service.record(when - times.sent);
      figures_.timeline.first_text(when, when - times.intended);
    };
  }
  auto exchange = co_await client.connection.exchange(request, on_piece);
  const auto overdue = times.sent + plan_.timeout;
  while (plan_.reconnect && is_broken(reader.judge(exchange)) && Clock::now() < overdue)
    exchange = co_await exchange_again(client, request, reader, on_piece);
  times.ended = exchange.ended;
  co_return count(exchange, reader.judge(exchange));
}

// A stream that had begun goes on after its latest event; else the request is sent once more, and
// its key says that it is the same.
asio::awaitable<Exchange> TurnRun::exchange_again(Client& client,
                                                  std::string_view request,
                                                  AnswerReader& reader,
                                                  const HttpConnection::OnPiece& on_piece) {
  ++figures_.reconnections;
  co_await pause(client.timer, pause_before_reconnection);
  reader.resume();
  if (reader.run().empty()) co_return co_await client.connection.exchange(request, on_piece);
  const auto rest = requests_.rejoin(client.thread, reader.run(), reader.last_id());
  auto exchange = co_await client.connection.exchange(rest, on_piece);
  if (exchange.status == 200) ++figures_.resumed;
  co_return exchange;
}

void TurnRun::finish(const Client& client, const Arrival& arrival, Turn& turn) {
  const Verdict& verdict = turn.verdict;
  const bool finished = verdict.outcome == TurnOutcome::finished;
  if (finished) {
    turn.good = !verdict.wrong_answer &&
                std::all_of(plan_.slos.begin(), plan_.slos.end(), [&](const Slo& slo) {
                  return keeps(slo, turn.times);
                });
    if (turn.good) ++figures_.good;
    figures_.add_finished(turn.times, client.turns_on_thread);
    if (plan_.reconnect)
      figures_.acknowledged.push_back({client.thread, requests_.text(arrival.number)});
  }
  figures_.timeline.ended(
      Clock::now(), verdict.outcome, turn.good, turn.times.ended - turn.times.intended);
}

// A turn needs a thread, and a new one after so many turns.
asio::awaitable<std::optional<Verdict>> TurnRun::enter_thread(Client& client,
                                                              const Arrival& arrival) {
  if (arrival.row != nullptr && arrival.row->session != 0) {
    client.thread = requests_.thread_of_session(arrival.row->session);
    co_return std::nullopt;
  }
  if (client.turns_left_on_thread > 0) co_return std::nullopt;
  client.turns_on_thread = 0;
  if (plan_.surface == Surface::openai || plan_.reconnect) {
    if (plan_.turns_per_thread > 0) client.thread = random_uuid();
    client.turns_left_on_thread = plan_.turns_per_thread;
    co_return std::nullopt;
  }
  Exchange exchange;
  auto verdict = co_await make_thread(client, exchange);
  if (verdict.outcome != TurnOutcome::finished) co_return count(exchange, std::move(verdict));
  ++figures_.responses;
  client.turns_left_on_thread = std::max<std::size_t>(1, plan_.turns_per_thread);
  co_return std::nullopt;
}

// The client has it once the verdict is finished.
asio::awaitable<Verdict> TurnRun::make_thread(Client& client, Exchange& exchange) {
  exchange = co_await client.connection.exchange(requests_.new_thread());
  auto verdict = AnswerReader(plan_.surface, AnswerMode::wait, {}).judge(exchange);
  if (verdict.outcome != TurnOutcome::finished) co_return verdict;
  client.thread = find_json_string(exchange.body, "thread_id");
  if (client.thread.empty()) co_return Verdict{.outcome = TurnOutcome::failed, .code = "malformed"};
  ++figures_.threads_created;
  figures_.new_thread.record(exchange.ended - exchange.last_byte_sent);
  co_return verdict;
}

Verdict TurnRun::count(const Exchange& exchange, Verdict verdict) {
  last_end_ = std::max(last_end_, exchange.ended);
  if (exchange.status != 0) ++figures_.responses;
  switch (verdict.outcome) {
    case TurnOutcome::finished:
      if (verdict.wrong_answer) ++figures_.wrong_answers;
      return verdict;
    case TurnOutcome::refused:
      ++figures_.refused;
      figures_.refusal.record(exchange.ended - exchange.last_byte_sent);
      if (!exchange.retry_after.empty()) ++figures_.with_retry_after;
      break;
    case TurnOutcome::failed:
      ++figures_.failed;
      break;
  }
  ++figures_.errors_by_status[exchange.status];
  ++figures_.errors_by_code[verdict.code];
  return verdict;
}

// So that a server that is away is not asked as fast as the machine can.
asio::awaitable<void> TurnRun::rest(Client& client, const Verdict& verdict) {
  std::chrono::milliseconds time{};
  if (verdict.code == to_string(ExchangeEnd::not_connected)) time = pause_after_no_answer;
  if (verdict.outcome == TurnOutcome::refused && plan_.obey_retry_after) time = verdict.retry_after;
  if (time.count() > 0) co_await pause(client.timer, time);
}

}  // namespace parlance::bench
