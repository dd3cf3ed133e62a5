#include "bench/load/load_run.hpp"

#include "bench/load/answer_reader.hpp"
#include "bench/load/arrivals.hpp"
#include "bench/load/http_connection.hpp"
#include "bench/load/requests.hpp"
#include "runtime/base/ids.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <exception>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace parlance::bench {
namespace {

namespace asio = boost::asio;
using Clock = HttpConnection::Clock;
using boost::system::error_code;

constexpr std::size_t preparing_at_once_max = 64;
constexpr std::chrono::milliseconds deadline_check_interval{10};
constexpr std::chrono::milliseconds pause_after_no_answer{10};

// A bug in a coroutine ends the run.
void rethrow(const std::exception_ptr& failure) {
  if (failure) std::rethrow_exception(failure);
}

struct Client {
  Client(asio::io_context& io, const asio::ip::tcp::endpoint& endpoint, const LoadPlan& plan)
      : connection(io, endpoint, plan.timeout),
        timer(io) {}

  HttpConnection connection;
  asio::steady_timer timer;
  std::string thread;
  std::size_t turns_left_on_thread = 0;
};

class LoadRun {
 public:
  LoadRun(const LoadPlan& plan, const asio::ip::tcp::endpoint& endpoint)
      : plan_(plan),
        requests_(plan),
        deadline_timer_(io_) {
    const auto count = plan.burst > 0 ? plan.burst : plan.clients;
    for (std::size_t index = 0; index < count; ++index) {
      clients_.push_back(std::make_unique<Client>(io_, endpoint, plan));
    }
  }

  Result<Figures> run();

 private:
  using Step = std::function<asio::awaitable<void>(Client&)>;

  void run_all(std::size_t at_once, const Step& step);
  asio::awaitable<void> work_through(const Step& step);
  asio::awaitable<void> check_deadlines();

  asio::awaitable<void> open(Client& client);
  asio::awaitable<void> prepare_thread(Client& client);
  asio::awaitable<void> loop(Client& client);
  asio::awaitable<void> burst_turn(Client& client);

  asio::awaitable<Verdict> turn(Client& client, const Arrival& arrival);
  asio::awaitable<std::optional<Verdict>> enter_thread(Client& client);
  Verdict count(const Exchange& exchange, Verdict verdict);
  asio::awaitable<void> rest(Client& client, const Verdict& verdict);

  LoadPlan plan_;
  Requests requests_;
  Figures figures_;
  asio::io_context io_{1};
  asio::steady_timer deadline_timer_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::size_t next_client_ = 0;
  std::size_t working_ = 0;
  std::size_t opened_ = 0;
  std::optional<ArrivalSchedule> schedule_;
  Clock::time_point start_;
  Clock::time_point last_end_;
};

Result<Figures> LoadRun::run() {
  run_all(preparing_at_once_max, [this](Client& client) { return open(client); });
  if (opened_ == 0) {
    return Error{ErrorCode::internal,
                 "nothing listens at " + plan_.target.host + ":" + plan_.target.port,
                 "url",
                 {}};
  }
  const auto prepare = [this](Client& client) { return prepare_thread(client); };
  if (plan_.burst > 0) {
    if (plan_.one_thread) {
      next_client_ = clients_.size() - 1;
      run_all(1, prepare);
      if (clients_.back()->thread.empty()) {
        return Error{ErrorCode::internal, "the thread could not be created", {}, {}};
      }
      for (auto& client : clients_) {
        client->thread = clients_.back()->thread;
      }
    } else {
      run_all(preparing_at_once_max, prepare);
    }
  }
  start_ = last_end_ = Clock::now();
  schedule_.emplace(plan_, start_);
  run_all(clients_.size(),
          [this](Client& client) { return plan_.burst > 0 ? burst_turn(client) : loop(client); });
  figures_.elapsed = last_end_ - start_;
  figures_.not_sent = schedule_->not_sent();
  for (const auto& client : clients_) {
    figures_.bytes_sent += client->connection.bytes_sent();
    figures_.bytes_received += client->connection.bytes_received();
  }
  return std::move(figures_);
}

// Does one step for every client from next_client_ on, so many at once.
void LoadRun::run_all(std::size_t at_once, const Step& step) {
  working_ = std::min(at_once, clients_.size());
  for (std::size_t index = 0; index < working_; ++index) {
    asio::co_spawn(io_, work_through(step), rethrow);
  }
  asio::co_spawn(io_, check_deadlines(), rethrow);
  io_.run();
  io_.restart();
  next_client_ = 0;
}

asio::awaitable<void> LoadRun::work_through(const Step& step) {
  while (next_client_ < clients_.size()) {
    auto& client = *clients_[next_client_++];
    co_await step(client);
  }
  if (--working_ == 0) deadline_timer_.cancel();
}

asio::awaitable<void> LoadRun::check_deadlines() {
  while (working_ > 0) {
    deadline_timer_.expires_after(deadline_check_interval);
    error_code ignored;
    co_await deadline_timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    const auto now = Clock::now();
    for (auto& client : clients_) {
      client->connection.check_deadline(now);
    }
  }
}

asio::awaitable<void> LoadRun::open(Client& client) {
  const bool opened = co_await client.connection.open();
  if (opened) ++opened_;
}

asio::awaitable<void> LoadRun::prepare_thread(Client& client) {
  if (plan_.surface == Surface::openai) {
    if (plan_.one_thread || plan_.turns_per_thread > 0) client.thread = random_uuid();
    co_return;
  }
  const auto exchange = co_await client.connection.exchange(requests_.new_thread());
  if (exchange.end == ExchangeEnd::whole) ++figures_.responses;
  if (exchange.end != ExchangeEnd::whole || exchange.status != 200) co_return;
  figures_.new_thread.record(exchange.ended - exchange.last_byte_sent);
  client.thread = find_json_string(exchange.body, "thread_id");
  if (!client.thread.empty()) ++figures_.threads_created;
}

asio::awaitable<void> LoadRun::loop(Client& client) {
  while (const auto arrival = schedule_->next(Clock::now())) {
    if (arrival->intended > Clock::now()) {
      client.timer.expires_at(arrival->intended);
      error_code ignored;
      co_await client.timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    if (plan_.turns_per_second > 0) figures_.start_delay.record(Clock::now() - arrival->intended);
    const auto verdict = co_await turn(client, *arrival);
    co_await rest(client, verdict);
  }
}

asio::awaitable<void> LoadRun::burst_turn(Client& client) {
  // A thread that could not be had beforehand is asked for once more, inside the turn.
  client.turns_left_on_thread = client.thread.empty() ? 0 : 1;
  const auto number = static_cast<std::uint64_t>(next_client_ - 1);
  co_await turn(client, {number, start_});
}

asio::awaitable<Verdict> LoadRun::turn(Client& client, const Arrival& arrival) {
  ++figures_.sent;
  if (auto refused = co_await enter_thread(client)) co_return *std::move(refused);
  const auto request = requests_.turn(arrival.number, client.thread);
  AnswerReader reader(plan_.surface, plan_.mode, requests_.expected(arrival.number));
  HttpConnection::OnPiece on_piece;
  if (plan_.mode == AnswerMode::stream) {
    on_piece = [&](std::string_view piece, Clock::time_point when) {
      reader.take(piece, when, arrival.intended, figures_);
    };
  }
  const auto exchange = co_await client.connection.exchange(request, on_piece);
  auto verdict = count(exchange, reader.judge(exchange));
  if (verdict.outcome == TurnOutcome::finished) {
    figures_.turn.record(exchange.ended - arrival.intended);
  }
  if (client.turns_left_on_thread > 0) --client.turns_left_on_thread;
  co_return verdict;
}

// A turn needs a thread, and a new one after so many turns. What stands in the way is the turn's
// own outcome.
asio::awaitable<std::optional<Verdict>> LoadRun::enter_thread(Client& client) {
  if (client.turns_left_on_thread > 0) co_return std::nullopt;
  if (plan_.surface == Surface::openai) {
    if (plan_.turns_per_thread > 0) client.thread = random_uuid();
    client.turns_left_on_thread = plan_.turns_per_thread;
    co_return std::nullopt;
  }
  const auto exchange = co_await client.connection.exchange(requests_.new_thread());
  const AnswerReader reader(plan_.surface, AnswerMode::wait, {});
  auto verdict = reader.judge(exchange);
  if (verdict.outcome == TurnOutcome::finished) {
    client.thread = find_json_string(exchange.body, "thread_id");
    if (!client.thread.empty()) {
      ++figures_.responses;
      ++figures_.threads_created;
      figures_.new_thread.record(exchange.ended - exchange.last_byte_sent);
      client.turns_left_on_thread = std::max<std::size_t>(1, plan_.turns_per_thread);
      co_return std::nullopt;
    }
    verdict = {.outcome = TurnOutcome::failed, .code = "malformed"};
  }
  co_return count(exchange, std::move(verdict));
}

Verdict LoadRun::count(const Exchange& exchange, Verdict verdict) {
  last_end_ = std::max(last_end_, exchange.ended);
  if (exchange.status != 0) ++figures_.responses;
  switch (verdict.outcome) {
    case TurnOutcome::finished:
      ++figures_.finished;
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
asio::awaitable<void> LoadRun::rest(Client& client, const Verdict& verdict) {
  std::chrono::milliseconds pause{};
  if (verdict.code == to_string(ExchangeEnd::not_connected)) pause = pause_after_no_answer;
  if (verdict.outcome == TurnOutcome::refused && plan_.obey_retry_after)
    pause = verdict.retry_after;
  if (pause.count() == 0) co_return;
  client.timer.expires_after(pause);
  error_code ignored;
  co_await client.timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

}  // namespace

Result<Figures> run_load(const LoadPlan& plan) {
  asio::io_context resolving;
  asio::ip::tcp::resolver resolver(resolving);
  error_code failed;
  const auto found = resolver.resolve(plan.target.host, plan.target.port, failed);
  if (failed || found.empty()) {
    return Error{ErrorCode::internal, "the host " + plan.target.host + " is unknown", "url", {}};
  }
  return LoadRun(plan, found.begin()->endpoint()).run();
}

}  // namespace parlance::bench
