#include "bench/load/load_run.hpp"

#include "bench/load/arrivals.hpp"
#include "bench/load/client.hpp"
#include "bench/load/requests.hpp"
#include "bench/load/server_watch.hpp"
#include "bench/load/turn_run.hpp"

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

// A bug in a coroutine ends the run.
void rethrow(const std::exception_ptr& failure) {
  if (failure) std::rethrow_exception(failure);
}

class LoadRun {
 public:
  LoadRun(const LoadPlan& plan, const asio::ip::tcp::endpoint& endpoint, const OnProgress& progress)
      : plan_(plan),
        requests_(plan),
        progress_(progress),
        turns_(plan_, requests_, figures_),
        watch_(io_, endpoint, plan.timeout, requests_.metrics(), figures_),
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

  bool prepare_threads();
  void begin();
  void end();
  void run_all(std::size_t at_once, const Step& step);
  asio::awaitable<void> work_through(const Step& step);
  asio::awaitable<void> check_deadlines();

  asio::awaitable<void> open(Client& client);
  asio::awaitable<void> loop(Client& client);
  asio::awaitable<void> session(Client& client, const Arrival& arrival);
  asio::awaitable<void> burst_turn(Client& client);
  asio::awaitable<void> wait_until(Client& client, Clock::time_point due);

  LoadPlan plan_;
  Requests requests_;
  const OnProgress& progress_;
  Figures figures_;
  TurnRun turns_;
  asio::io_context io_{1};
  ServerWatch watch_;
  asio::steady_timer deadline_timer_;
  asio::signal_set signals_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::size_t next_client_ = 0;
  std::size_t working_ = 0;
  std::size_t opened_ = 0;
  std::optional<ArrivalSchedule> schedule_;
  ThreadTimes thread_times_;
  Clock::time_point start_;
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
  if (plan_.burst > 0 && !prepare_threads())
    return Error{ErrorCode::internal, "the thread could not be created", {}, {}};
  begin();
  asio::co_spawn(io_, watch_.run(start_), rethrow);
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

// For a burst. False: the one thread of all its turns could not be had.
bool LoadRun::prepare_threads() {
  const Step prepare = [this](Client& client) { return turns_.prepare_thread(client); };
  if (!plan_.one_thread) {
    run_all(preparing_at_once_max, prepare);
    return true;
  }
  next_client_ = clients_.size() - 1;
  run_all(1, prepare);
  const std::string thread = clients_.back()->thread;
  for (auto& client : clients_)
    client->thread = thread;
  return !thread.empty();
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
  start_ = Clock::now();
  turns_.begin(start_);
  progress_due_ = start_;
  schedule_.emplace(plan_, start_);
  figures_.timeline.begin(start_);
}

void LoadRun::end() {
  figures_.elapsed = turns_.last_end() - start_;
  figures_.timeline.end(turns_.last_end());
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
  watch_.stop();
  signals_.cancel();
}

asio::awaitable<void> LoadRun::check_deadlines() {
  while (working_ > 0) {
    co_await pause(deadline_timer_, deadline_check_interval);
    const auto now = Clock::now();
    for (auto& client : clients_) {
      client->connection.check_deadline(now);
    }
    watch_.check_deadline(now);
    if (now < progress_due_) continue;
    progress_due_ = now + Timeline::period;
    figures_.timeline.pass(now);
    figures_.elapsed = now - start_;
    if (progress_) progress_(figures_);
  }
}

asio::awaitable<void> LoadRun::open(Client& client) {
  const bool opened = co_await client.connection.open();
  if (opened) ++opened_;
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
      const auto done = co_await turns_.run(client, *arrival);
      co_await turns_.rest(client, done.verdict);
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
    const auto done = co_await turns_.run(client, each);
    good = good && done.good;
    if (done.verdict.outcome != TurnOutcome::finished) {
      co_await turns_.rest(client, done.verdict);
      co_return;
    }
    if (index + 1 == plan_.turns_per_thread) break;
    each.intended = done.times.ended + think_time(plan_, arrival.number, index + 1);
    co_await wait_until(client, each.intended);
    if (stopping_) co_return;
  }
  ++figures_.sessions_finished;
  if (good) ++figures_.sessions_good;
  figures_.session.record(turns_.last_end() - arrival.intended);
}

asio::awaitable<void> LoadRun::burst_turn(Client& client) {
  // A thread that could not be had beforehand is asked for once more, inside the turn.
  client.turns_left_on_thread = client.thread.empty() ? 0 : 1;
  const auto number = static_cast<std::uint64_t>(next_client_ - 1);
  co_await turns_.run(client, {number, start_});
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
