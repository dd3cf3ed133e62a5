// What a process holds, as the kernel sees it.
//
// Threading: pure function.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

namespace parlance::bench {

struct ProcessUsage {
  std::uint64_t resident_bytes = 0;
  std::uint64_t descriptors = 0;
  std::uint64_t sockets = 0;  // of these
};

// None: it has ended.
std::optional<ProcessUsage> usage_of(pid_t process);

}  // namespace parlance::bench
