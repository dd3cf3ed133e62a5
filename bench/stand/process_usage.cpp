#include "bench/stand/process_usage.hpp"

#include <filesystem>
#include <fstream>
#include <string>

namespace parlance::bench {

std::optional<ProcessUsage> usage_of(pid_t process) {
  const std::filesystem::path folder = "/proc/" + std::to_string(process);
  ProcessUsage usage;
  std::ifstream status(folder / "status");
  for (std::string name; status >> name; status.ignore(4'096, '\n')) {
    if (name != "VmRSS:") continue;
    status >> usage.resident_bytes;
    usage.resident_bytes *= 1'024;
  }
  std::error_code gone;
  for (std::filesystem::directory_iterator each(folder / "fd", gone), end; each != end;
       each.increment(gone)) {
    std::error_code closed;  // between the look at the folder and the look at it
    const auto what = std::filesystem::read_symlink(each->path(), closed);
    if (closed) continue;
    ++usage.descriptors;
    if (what.string().starts_with("socket:")) ++usage.sockets;
  }
  if (gone || usage.resident_bytes == 0) return std::nullopt;
  return usage;
}

}  // namespace parlance::bench
