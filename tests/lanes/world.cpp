#include "tests/lanes/world.hpp"

#include "runtime/base/seconds.hpp"
#include "tests/simulation/random.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <queue>
#include <stdexcept>
#include <utility>

namespace parlance::lanes {
namespace {

using simulation::Random;
using Time = Lane::Time;

constexpr double first_seconds_mean = 0.4;
constexpr double first_spread = 0.3;
constexpr double rest_seconds_mean = 1.6;
constexpr double rest_spread = 0.5;
constexpr double refusal_seconds = 0.05;
constexpr double outage_seconds = 0.02;
constexpr double hang_seconds = 10;

Time at(double seconds) {
  return Time(std::chrono::duration_cast<Time::duration>(std::chrono::duration<double>(seconds)));
}

double unit(Random& random) {
  return (static_cast<double>(random.next() >> 11U) + 0.5) / 9007199254740992.0;
}

// Log-normal, with a mean of `mean`.
double around(Random& random, double mean, double spread) {
  const double normal =
      std::sqrt(-2 * std::log(unit(random))) * std::cos(2 * 3.14159265358979323846 * unit(random));
  return mean * std::exp(spread * normal - spread * spread / 2);
}

struct Call {
  Fate fate;
  double first = 0;
  double rest = 0;
  bool over = false;
  bool in_slot = false;
  std::uint32_t attempt = 0;
};

enum class What : std::uint8_t { comes, first_token, answered, throttled, outage, deadline, wake };

struct Event {
  double at = 0;
  std::uint64_t order = 0;
  What what = What::wake;
  std::uint64_t call = 0;
  std::uint32_t attempt = 0;  // that it belongs to

  bool operator<(const Event& other) const {
    return at != other.at ? at > other.at : order > other.order;
  }
};

class World {
 public:
  explicit World(const WorldOptions& options)
      : options_(options),
        random_(options.seed),
        lane_(options.limits) {}

  History run() {
    make_calls();
    while (!ended())
      go_on();
    for (auto& call : calls_)
      history_.calls.push_back(call.fate);
    return std::move(history_);
  }

 private:
  bool ended() const { return events_.empty() || events_.top().at >= options_.seconds; }

  void go_on() {
    const Event event = events_.top();
    events_.pop();
    note_limit(event.at);
    now_ = event.at;
    happen(event);
    pump();
  }

  void make_calls() {
    for (std::uint32_t tenant = 0; tenant < options_.tenants.size(); ++tenant) {
      const double rate = options_.tenants[tenant].load * calls_per_second(options_.slots);
      double time = 0;
      while ((time -= std::log(unit(random_)) / rate) < options_.seconds) {
        Call call;
        call.fate.tenant = tenant;
        call.fate.came = time;
        call.fate.deadline =
            time + options_.deadline_seconds_min +
            unit(random_) * (options_.deadline_seconds_max - options_.deadline_seconds_min);
        call.first = around(random_, first_seconds_mean, first_spread);
        call.rest = around(random_, rest_seconds_mean, rest_spread);
        call.fate.takes = call.first + call.rest;
        call.fate.tokens = 500 + random_.below(1'000);
        plan(time, What::comes, calls_.size());
        calls_.push_back(call);
      }
    }
  }

  void plan(double when, What what, std::uint64_t call, std::uint32_t attempt = 0) {
    events_.push({when, ++order_, what, call, attempt});
  }

  void note_limit(double until) {
    while (static_cast<double>(history_.limits.size() + 1) <= until)
      history_.limits.push_back(lane_.limit().limit());
  }

  const Phase& phase() const {
    const auto later = std::find_if(options_.phases.begin(),
                                    options_.phases.end(),
                                    [&](const Phase& each) { return each.at_seconds > now_; });
    return *std::prev(later);
  }

  void happen(const Event& event) {
    if (event.what == What::wake) return;
    Call& call = calls_[event.call];
    if (event.what == What::comes) return come(event.call, call);
    if (call.over) return;
    if (event.what == What::deadline) return give_up(event.call, call);
    if (event.attempt != call.attempt) return;
    report(event, call);
  }

  void come(std::uint64_t number, Call& call) {
    call.fate.refused = !enter(number, call, call.fate.deadline);
    if (!call.fate.refused) return;
    call.over = true;
    if (is_replayed(call.fate)) call.fate.would_make_it = makes_it_if_let_in(number, call);
  }

  // Into the lane, which believes that the call has until `deadline`.
  bool enter(std::uint64_t number, const Call& call, double deadline) {
    const Lane::Wish wish{
        number, options_.tenants[call.fate.tenant].name, call.fate.tokens, at(deadline)};
    if (lane_.enter(wish, at(now_))) return false;
    lane_.ready(number);
    plan(call.fate.deadline, What::deadline, number);
    return true;
  }

  // Every n-th that was refused and whose fate would still be seen.
  bool is_replayed(const Fate& call) {
    return !is_copy_ && options_.replay_every > 0 && call.came > options_.replay_from_seconds &&
           call.deadline < options_.seconds && ++refused_ % options_.replay_every == 0;
  }

  // In a world that is else the same: a copy of this process lives on from here.
  bool makes_it_if_let_in(std::uint64_t number, Call& call) {
    const pid_t copy = fork();
    if (copy == 0) {
      is_copy_ = true;
      call.over = false;
      if (enter(number, call, call.fate.deadline + 10'000)) pump();
      while (!call.over && !ended())
        go_on();
      _exit(call.fate.in_time() ? 1 : 0);
    }
    int status = 0;
    if (copy < 0 || waitpid(copy, &status, 0) != copy || !WIFEXITED(status))
      throw std::runtime_error("a world could not be copied");
    return WEXITSTATUS(status) == 1;
  }

  void give_up(std::uint64_t number, Call& call) {
    call.over = true;
    lane_.leave(number, at(now_));
    if (call.in_slot) leave_slot(call);
    std::erase(queue_, number);
  }

  void report(const Event& event, Call& call) {
    if (event.what == What::first_token) return lane_.first_token(event.call, at(now_));
    Lane::Ending ending;
    ending.random = unit(random_);
    if (event.what == What::answered) {
      call.fate.answered = now_;
      leave_slot(call);
      ending.tokens_used = call.fate.tokens;
    } else if (event.what == What::throttled) {
      ending.outcome = Lane::Outcome::throttled;
      history_.throttled.push_back(now_);
    } else {
      ending.outcome = Lane::Outcome::outage;
    }
    call.over = lane_.ended(event.call, ending, at(now_)) != Lane::After::again;
  }

  void pump() {
    while (const auto step = lane_.next(at(now_))) {
      Call& call = calls_[step->call];
      if (step->refusal) {
        call.over = true;
      } else {
        send(step->call, call);
      }
    }
    if (const auto wake = lane_.wake_at(at(now_)))
      plan(in_seconds(wake->time_since_epoch()) + 1e-6, What::wake, 0);
  }

  void send(std::uint64_t number, Call& call) {
    call.fate.sent = now_;
    history_.sent.push_back(now_);
    ++call.attempt;
    const Phase& like = phase();
    if (like.state == Phase::State::down)
      return plan(now_ + outage_seconds, What::outage, number, call.attempt);
    if (like.state == Phase::State::hangs)
      return plan(now_ + hang_seconds, What::outage, number, call.attempt);
    if (busy_ < options_.slots) return enter_slot(number, call);
    if (options_.manner == Manner::refuses)
      return plan(now_ + refusal_seconds, What::throttled, number, call.attempt);
    queue_.push_back(number);
  }

  void enter_slot(std::uint64_t number, Call& call) {
    ++busy_;
    call.in_slot = true;
    const double slowness = phase().slowness;
    call.fate.slot_seconds = slowness * call.fate.takes;
    plan(now_ + slowness * call.first, What::first_token, number, call.attempt);
    plan(now_ + call.fate.slot_seconds, What::answered, number, call.attempt);
  }

  void leave_slot(Call& call) {
    call.in_slot = false;
    --busy_;
    if (queue_.empty()) return;
    const std::uint64_t next = queue_.front();
    queue_.pop_front();
    enter_slot(next, calls_[next]);
  }

  const WorldOptions& options_;
  Random random_;
  Lane lane_;
  std::vector<Call> calls_;
  std::priority_queue<Event> events_;
  std::uint64_t order_ = 0;
  double now_ = 0;
  bool is_copy_ = false;             // that replays one call
  std::size_t refused_ = 0;          // that could have been replayed
  std::uint32_t busy_ = 0;           // slots of the provider
  std::deque<std::uint64_t> queue_;  // the provider's own
  History history_;
};

}  // namespace

double calls_per_second(std::uint32_t slots) {
  return slots / (first_seconds_mean + rest_seconds_mean);
}

History run(const WorldOptions& options) {
  return World(options).run();
}

}  // namespace parlance::lanes
