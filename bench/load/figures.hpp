// What a load run measured.
//
// Every turn that was sent has exactly one outcome: sent = finished + refused + failed.
// Turn times and first texts count from the turn's start: in an open loop the moment at which it
// was meant to start, however late the generator was. A turn that had to create its thread first
// has that in its time.
//
// Threading: plain data.
#pragma once

#include "bench/histogram.hpp"
#include "runtime/base/json.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace parlance::bench {

enum class TurnOutcome : std::uint8_t {
  finished,  // answered to its end
  refused,   // 429 or 503
  failed,    // any other status, an error inside an answer, a broken connection, a timeout
};

struct Figures {
  std::uint64_t sent = 0;
  std::uint64_t finished = 0;
  std::uint64_t refused = 0;
  std::uint64_t failed = 0;
  std::uint64_t wrong_answers = 0;     // of the finished ones
  std::uint64_t not_sent = 0;          // due in an open loop, but no client was free in time
  std::uint64_t responses = 0;         // HTTP responses of any kind
  std::uint64_t with_retry_after = 0;  // of the refused ones
  std::uint64_t threads_created = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  std::chrono::nanoseconds elapsed{};  // from the first turn's start to the last one's end

  std::map<unsigned, std::uint64_t> errors_by_status;  // 0: there was no whole response
  std::map<std::string, std::uint64_t> errors_by_code;

  Histogram turn;         // finished turns, from start to end
  Histogram first_text;   // streams: from start to the first piece of text
  Histogram gap;          // streams: from one piece of text to the next
  Histogram refusal;      // from the request's last byte to the end of the refusal
  Histogram new_thread;   // from the request's last byte to the end of the answer
  Histogram start_delay;  // open loop: how much later than meant turns began

  double finished_per_second() const;
  bool add_up() const { return sent == finished + refused + failed; }
};

}  // namespace parlance::bench
