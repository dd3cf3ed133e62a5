// A webhook on its way: the end of a turn, for the URL that was named when the turn was asked for.
//
// It is written with the turn's end, in the same write, and deleted once its receiver has it: so it
// outlives the thread of a stateless run, and goes with a thread that is deleted. What it says is
// fixed from then on; receivers know it by its id, the run's, at every attempt.
//
// storage/keys.hpp shows the bytes.
#pragma once

#include "runtime/base/ids.hpp"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace parlance {

struct DeliveryKey {
  ThreadKey thread;
  RunId run;

  auto operator<=>(const DeliveryKey&) const = default;
};

struct Delivery {
  DeliveryKey key;
  std::string url;
  std::int64_t created_ms = 0;  // since 1970: when the turn ended
  std::uint32_t attempts = 0;   // that failed
  std::int64_t next_ms = 0;     // since 1970: no attempt before
  std::string body;             // JSON; empty where deliveries are listed

  bool operator==(const Delivery&) const = default;
};

// Scheme, host and port of the URL: all that is told in logs, as a path may hold secrets.
std::string_view receiver_of(const Delivery& delivery);

}  // namespace parlance
