#include "bench/load/figures.hpp"

namespace parlance::bench {

double Figures::finished_per_second() const {
  const std::chrono::duration<double> seconds = elapsed;
  return seconds.count() > 0 ? static_cast<double>(finished) / seconds.count() : 0;
}

}  // namespace parlance::bench
