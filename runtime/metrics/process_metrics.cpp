#include "runtime/metrics/process_metrics.hpp"

#include <unistd.h>

#include <fstream>

namespace parlance {
namespace {

// 0 where nobody could look.
double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double pages = 0;
  double resident_pages = 0;
  if (!(statm >> pages >> resident_pages)) return 0;
  return resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

}  // namespace

ProcessMetrics::ProcessMetrics(Registry& registry) {
  auto& resident =
      registry.gauge("parlance_process_resident_bytes", "Memory of the process that is resident");
  registry.before_scrape([&resident] { resident.Set(resident_bytes()); });
}

}  // namespace parlance
