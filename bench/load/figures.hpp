// What a load run measured.
//
// Every turn that was sent has exactly one outcome: sent = finished + refused + failed.
//
// There are two clocks. Times count from the moment at which the turn was meant to begin, however
// late the generator was; `service` and `first_text_service` count from the moment at which it did.
// A closed loop's turn is meant to begin when its client has thought after the last one. A turn
// that had to create its thread first has that in its time.
//
// Threading: plain data.
#pragma once

#include "bench/histogram.hpp"
#include "bench/load/audit.hpp"
#include "bench/load/metrics_window.hpp"
#include "bench/load/server_sample.hpp"
#include "bench/load/slo.hpp"
#include "bench/load/timeline.hpp"
#include "runtime/base/json.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace parlance::bench {

// A turn whose end its client has seen.
struct AcknowledgedTurn {
  std::string thread;
  std::string text;  // that was said
};

// Of all turns that were the n-th on their thread.
struct IndexFigures {
  Histogram turn;
  Histogram first_text;
};

inline constexpr std::size_t turn_indices_max = 16;  // later turns count with the last of these

struct Figures {
  std::uint64_t sent = 0;
  std::uint64_t finished = 0;
  std::uint64_t refused = 0;
  std::uint64_t failed = 0;
  std::uint64_t good = 0;              // finished, with all that was asked of them
  std::uint64_t wrong_answers = 0;     // of the finished ones
  std::uint64_t not_sent = 0;          // due in an open loop, but no client was free in time
  std::uint64_t responses = 0;         // HTTP responses of any kind
  std::uint64_t with_retry_after = 0;  // of the refused ones
  std::uint64_t threads_created = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  std::chrono::nanoseconds elapsed{};  // from the first turn's start to the last one's end

  // With --sessions. One that loses a turn ends there.
  std::uint64_t sessions = 0;
  std::uint64_t sessions_finished = 0;
  std::uint64_t sessions_good = 0;  // finished, and every turn of it was good

  std::map<unsigned, std::uint64_t> errors_by_status;  // 0: there was no whole response
  std::map<std::string, std::uint64_t> errors_by_code;

  Histogram turn;                // finished turns, from start to end
  Histogram service;             // the same, from when they were sent
  Histogram first_text;          // streams: from start to the first piece of text
  Histogram first_text_service;  // the same, from when the turn was sent
  Histogram gap;                 // streams: from one piece of text to the next
  Histogram stall;               // the longest gap of each stream
  Histogram per_text;            // the mean gap of each stream
  Histogram session;             // finished sessions, thinking included
  Histogram refusal;             // from the request's last byte to the end of the refusal
  Histogram new_thread;          // from the request's last byte to the end of the answer
  Histogram start_delay;         // open loop: how much later than meant turns began
  std::vector<IndexFigures> by_index;

  // With --reconnect.
  std::uint64_t reconnections = 0;  // requests that were sent again, and streams resumed
  std::uint64_t resumed = 0;        // of these, streams that had begun
  std::vector<AcknowledgedTurn> acknowledged;

  Audit audit;
  Timeline timeline;
  std::vector<ServerSample> server;  // of a Parlance whose /metrics may be read; one a second
  MetricsWindow metrics;             // of the same looks; empty where there were none
  std::string schedule;              // its hash

  double finished_per_second() const;
  std::uint64_t due() const { return sent + not_sent; }
  bool add_up() const { return sent == finished + refused + failed; }

  // A turn that was answered to its end, the `index`-th of its thread, from 0 on.
  void add_finished(const TurnTimes& turn, std::size_t index);
};

// With which confidence a share is known: Wilson's score interval of 95 % (J. Am. Stat. Assoc. 22,
// 1927). `all` is above 0.
struct ShareInterval {
  double share = 0;
  double least = 0;
  double most = 0;
};
ShareInterval share_interval(std::uint64_t part, std::uint64_t all);

}  // namespace parlance::bench
