// How many calls a provider is given at once, found by trying.
//
// A provider tells that it has enough in one of two ways.
//   It refuses (429): the limit falls to nine tenths, climbs back by halves to the last number that
//   was not refused, rests there, and tries one more call only once 200 calls, or 20 s, have gone
//   by. So fewer than 1 call in 100 is refused. Numbers that are taken are passed in growing steps
//   (the shape of CUBIC).
//   It queues, and says nothing: of `limit` calls, as many stand in the provider's queue as the
//   share of a call's time that its first token came late (Vegas): limit * (first - quiet) / total.
//   The limit grows below a twentieth, falls above a fifth, and rests between.
//
// What a first token takes without a queue is the `quiet` time. It is measured by an experiment
// when it is a minute old and matters: the limit goes down in small steps for as long as that makes
// first tokens come earlier. A windowed minimum alone would drift with the queue that it should
// tell of: simulated, Netflix's Gradient2 ends at 61 calls for 4 slots after a minute.
//
// Time is cut into rounds. A round begins when the limit is used to the full, judges the calls sent
// from then on, and ends with a decision. A limit that nobody uses does not grow.
//
// Bounds: between calls_at_once_min and calls_at_once_max. A few numbers.
// Threading: none of its own; its lane owns it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace parlance {

struct ConcurrencyOptions {
  std::uint32_t calls_at_once_min = 1;
  std::uint32_t calls_at_once_max = 256;
  bool adapts = true;  // else the limit is calls_at_once_max
};

class ConcurrencyLimit {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // What the limit wants to know again when the call ends.
  struct Mark {
    Time sent_at{};
    std::uint64_t round = 0;
    bool judged = false;  // its first token counts in its round
  };

  // What holds the limit where it is.
  enum class Reason : std::uint8_t {
    fixed,
    starting,      // nothing has spoken against more yet
    refused,       // the provider refused more
    queued,        // first tokens came later with more
    experimenting  // it is lowered for a moment, to see what first tokens take
  };

  explicit ConcurrencyLimit(ConcurrencyOptions options);

  std::uint32_t limit() const { return limit_; }
  Reason reason() const { return reason_; }
  const ConcurrencyOptions& options() const { return options_; }

  // From now on between these; it goes on from where it is, or from the nearer bound.
  void bound(std::uint32_t calls_at_once_min, std::uint32_t calls_at_once_max);

  // A call was sent; `running` with it.
  Mark sent(Time now, std::size_t running);
  void first_token(const Mark& call, Time now);
  void finished(const Mark& call, Time now);
  // The provider has too much to do for this call, and wants to be left alone for `retry_after`.
  void refused(const Mark& call,
               Time now,
               std::optional<std::chrono::milliseconds> retry_after = {});

 private:
  struct Experiment {
    std::uint32_t limit_before = 0;
    std::uint32_t limit_last = 0;
    double first_last = 0;  // seconds, at limit_last
  };

  void end_round(Time now);
  void end_step(Time now, double first);
  void start_experiment(double first);
  void grow(Time now);
  void lower(double by);
  void set(double limit);
  double calls_queued(double first) const;

  ConcurrencyOptions options_;
  std::uint32_t limit_;
  Reason reason_ = Reason::starting;
  std::uint32_t step_ = 1;    // the next growth
  double total_seconds_ = 0;  // moving average of a call's time

  std::uint64_t round_ = 1;
  std::optional<Time> round_began_;  // once the limit is used to the full
  std::uint32_t judged_ = 0;
  double first_seconds_sum_ = 0;

  std::optional<double> quiet_seconds_;
  Time quiet_at_{};
  std::optional<Experiment> experiment_;

  std::uint32_t ceiling_ = 0;  // the last number that was not refused; 0: none ever was
  Time rests_until_{};         // the ceiling is not passed before
};

}  // namespace parlance
