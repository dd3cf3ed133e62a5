#include "bench/load/load_run.hpp"

#include "bench/load/answer_reader.hpp"
#include "bench/load/arrivals.hpp"
#include "bench/load/http_connection.hpp"
#include "bench/load/requests.hpp"
#include "runtime/base/ids.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <csignal>
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
constexpr std::chrono::seconds server_sample_interval{1};
constexpr std::chrono::milliseconds pause_before_reconnection{50};

// A bug in a coroutine ends the run.
void rethrow(const std::exception_ptr& failure) {
  if (failure) std::rethrow_exception(failure);
}

// By the server's end, or its leave: the answer is still to be had.
bool is_broken(const Verdict& verdict) {
  if (verdict.outcome == TurnOutcome::finished) return false;
  return verdict.code == to_string(ExchangeEnd::cut) || verdict.code == "draining" ||
         verdict.code == to_string(ExchangeEnd::not_connected);
}

struct Client {
  Client(asio::io_context& io, const asio::ip::tcp::endpoint& endpoint, const LoadPlan& plan)
      : connection(io, endpoint, plan.timeout),
        timer(io) {}

  HttpConnection connection;
  asio::steady_timer timer;
  std::string thread;
  std::size_t turns_on_thread = 0;  // so far
  std::size_t turns_left_on_thread = 0;
  std::uint64_t arrivals = 0;  // it has taken so many
};

// What became of a turn, and when.
struct Turn {
  Verdict verdict;
  TurnTimes times;
  bool good = false;
};

class LoadRun {
 public:
  LoadRun(const LoadPlan& plan, const asio::ip::tcp::endpoint& endpoint, const OnProgress& progress)
      : plan_(plan),
        requests_(plan),
        progress_(progress),
        watching_(io_, endpoint, plan.timeout),
        watch_timer_(io_),
        deadline_timer_(io_),
        signals_(io_) {
    const auto count = plan.burst > 0 ? plan.burst : plan.clients;
    for (std::size_t index = 0; index < count; ++index) {
      clients_.push_back(std::make_unique<Client>(io_, endpoint, plan));
    }
  }

  Result<Figures> run();

 private:
  using Step = std::function<asio::awaitable<void>(Client&)>;

  void begin();
  void end();
  void run_all(std::size_t at_once, const Step& step);
  asio::awaitable<void> work_through(const Step& step);
  asio::awaitable<void> check_deadlines();
  asio::awaitable<void> watch_server();

  asio::awaitable<void> open(Client& client);
  asio::awaitable<void> prepare_thread(Client& client);
  asio::awaitable<void> loop(Client& client);
  asio::awaitable<void> session(Client& client, const Arrival& arrival);
  asio::awaitable<void> burst_turn(Client& client);

  asio::awaitable<Turn> turn(Client& client, const Arrival& arrival);
  asio::awaitable<Verdict> exchange_turn(Client& client, const Arrival& arrival, TurnTimes& times);
  asio::awaitable<std::optional<Verdict>> enter_thread(Client& client, const Arrival& arrival);
  asio::awaitable<Exchange> exchange_again(Client& client,
                                           std::string_view request,
                                           AnswerReader& reader,
                                           const HttpConnection::OnPiece& on_piece);
  Verdict count(const Exchange& exchange, Verdict verdict);
  void finish(const Client& client, const Arrival& arrival, Turn& turn);
  asio::awaitable<void> rest(Client& client, const Verdict& verdict);
  asio::awaitable<void> wait_until(Client& client, Clock::time_point due);

  LoadPlan plan_;
  Requests requests_;
  const OnProgress& progress_;
  Figures figures_;
  asio::io_context io_{1};
  HttpConnection watching_;
  asio::steady_timer watch_timer_;
  asio::steady_timer deadline_timer_;
  asio::signal_set signals_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::size_t next_client_ = 0;
  std::size_t working_ = 0;
  std::size_t opened_ = 0;
  std::optional<ArrivalSchedule> schedule_;
  ThreadTimes thread_times_;
  Clock::time_point start_;
  Clock::time_point last_end_;
  Clock::time_point progress_due_ = Clock::time_point::max();
  bool stopping_ = false;
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
  begin();
  asio::co_spawn(io_, watch_server(), rethrow);
  run_all(clients_.size(),
          [this](Client& client) { return plan_.burst > 0 ? burst_turn(client) : loop(client); });
  end();
  figures_.not_sent = schedule_->not_sent();
  for (const auto& client : clients_) {
    figures_.bytes_sent += client->connection.bytes_sent();
    figures_.bytes_received += client->connection.bytes_received();
  }
  return std::move(figures_);
}

// From here on it is measured. The first signal ends the run as its time would, the second one at
// once.
void LoadRun::begin() {
  figures_.schedule = schedule_hash(plan_);
  signals_.add(SIGINT);
  signals_.add(SIGTERM);
  signals_.async_wait([this](const error_code& failed, int) {
    if (failed) return;
    stopping_ = true;
    signals_.clear();
    for (const auto& client : clients_)
      client->timer.cancel();
  });
  thread_times_ = ThreadTimes::now();
  start_ = last_end_ = Clock::now();
  progress_due_ = start_;
  schedule_.emplace(plan_, start_);
  figures_.timeline.begin(start_);
}

void LoadRun::end() {
  figures_.elapsed = last_end_ - start_;
  figures_.timeline.end(last_end_);
  figures_.audit.take(thread_times_, ThreadTimes::now(), Clock::now() - start_);
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
  if (--working_ > 0) co_return;
  deadline_timer_.cancel();
  watch_timer_.cancel();
  watching_.check_deadline(Clock::time_point::max());
  signals_.cancel();
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
    watching_.check_deadline(now);
    if (now < progress_due_) continue;
    progress_due_ = now + Timeline::period;
    figures_.timeline.pass(now);
    figures_.elapsed = now - start_;
    if (progress_) progress_(figures_);
  }
}

// What a Parlance says of itself, on the time axis of the turns. Ends with the turns, or where
// there is nothing to be seen.
asio::awaitable<void> LoadRun::watch_server() {
  do {
    auto exchange = co_await watching_.exchange(requests_.metrics());
    const bool answered = exchange.end == ExchangeEnd::whole;
    if (answered && exchange.status != 200) co_return;
    if (answered) {
      const MetricsText page(std::move(exchange.body));
      auto sample = server_sample(page);
      if (!sample) co_return;
      sample->at_s = std::chrono::duration<double>(exchange.ended - start_).count();
      figures_.server.push_back(*sample);
      figures_.metrics.see(sample->at_s, page);
    }
    if (working_ == 0) co_return;
    watch_timer_.expires_after(server_sample_interval);
    error_code ignored;
    co_await watch_timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  } while (working_ > 0);
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
  auto now = Clock::now();
  while (!stopping_) {
    auto arrival = schedule_->next(now);
    if (!arrival) break;
    if (!plan_.open() && client.arrivals++ > 0)
      arrival->intended += think_time(plan_, arrival->number, 0);
    co_await wait_until(client, arrival->intended);
    if (stopping_) break;
    if (plan_.open()) figures_.start_delay.record(Clock::now() - arrival->intended);
    if (plan_.sessions) {
      co_await session(client, *arrival);
    } else {
      const auto done = co_await turn(client, *arrival);
      co_await rest(client, done.verdict);
    }
    now = Clock::now();
  }
}

// One turn after the other on a thread of their own, until one is lost.
asio::awaitable<void> LoadRun::session(Client& client, const Arrival& arrival) {
  ++figures_.sessions;
  client.turns_left_on_thread = 0;
  Arrival each = arrival;
  bool good = true;
  for (std::size_t index = 0; index < plan_.turns_per_thread; ++index) {
    each.number = arrival.number * plan_.turns_per_thread + index;
    const auto done = co_await turn(client, each);
    good = good && done.good;
    if (done.verdict.outcome != TurnOutcome::finished) {
      co_await rest(client, done.verdict);
      co_return;
    }
    if (index + 1 == plan_.turns_per_thread) break;
    each.intended = done.times.ended + think_time(plan_, arrival.number, index + 1);
    co_await wait_until(client, each.intended);
    if (stopping_) co_return;
  }
  ++figures_.sessions_finished;
  if (good) ++figures_.sessions_good;
  figures_.session.record(last_end_ - arrival.intended);
}

asio::awaitable<void> LoadRun::burst_turn(Client& client) {
  // A thread that could not be had beforehand is asked for once more, inside the turn.
  client.turns_left_on_thread = client.thread.empty() ? 0 : 1;
  const auto number = static_cast<std::uint64_t>(next_client_ - 1);
  co_await turn(client, {number, start_});
}

asio::awaitable<Turn> LoadRun::turn(Client& client, const Arrival& arrival) {
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

asio::awaitable<Verdict> LoadRun::exchange_turn(Client& client,
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
asio::awaitable<Exchange> LoadRun::exchange_again(Client& client,
                                                  std::string_view request,
                                                  AnswerReader& reader,
                                                  const HttpConnection::OnPiece& on_piece) {
  ++figures_.reconnections;
  client.timer.expires_after(pause_before_reconnection);
  error_code ignored;
  co_await client.timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  reader.resume();
  if (reader.run().empty()) co_return co_await client.connection.exchange(request, on_piece);
  const auto rest = requests_.rejoin(client.thread, reader.run(), reader.last_id());
  auto exchange = co_await client.connection.exchange(rest, on_piece);
  if (exchange.status == 200) ++figures_.resumed;
  co_return exchange;
}

void LoadRun::finish(const Client& client, const Arrival& arrival, Turn& turn) {
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

// A turn needs a thread, and a new one after so many turns. What stands in the way is the turn's
// own outcome.
asio::awaitable<std::optional<Verdict>> LoadRun::enter_thread(Client& client,
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

// How late the timer itself comes is the generator's own fault.
asio::awaitable<void> LoadRun::wait_until(Client& client, Clock::time_point due) {
  if (due <= Clock::now()) co_return;
  client.timer.expires_at(due);
  error_code failed;
  co_await client.timer.async_wait(asio::redirect_error(asio::use_awaitable, failed));
  if (!failed) figures_.audit.lag.record(Clock::now() - due);
}

}  // namespace

Result<Figures> run_load(const LoadPlan& plan, const OnProgress& progress) {
  asio::io_context resolving;
  asio::ip::tcp::resolver resolver(resolving);
  error_code failed;
  const auto found = resolver.resolve(plan.target.host, plan.target.port, failed);
  if (failed || found.empty()) {
    return Error{ErrorCode::internal, "the host " + plan.target.host + " is unknown", "url", {}};
  }
  return LoadRun(plan, found.begin()->endpoint(), progress).run();
}

}  // namespace parlance::bench
