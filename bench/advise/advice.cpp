#include "bench/advise/advice.hpp"

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>

namespace parlance::bench {
namespace {

Error nothing(std::string detail) {
  return {ErrorCode::invalid_value, std::move(detail), {}, {}};
}

}  // namespace

std::string text_of(const char* format, ...) {
  std::array<char, 512> line{};
  va_list values;
  va_start(values, format);
  std::vsnprintf(line.data(), line.size(), format, values);
  va_end(values);
  return line.data();
}

bool Advice::changes_any() const {
  return std::any_of(settings.begin(), settings.end(), [](const AdvisedSetting& each) {
    return each.now != each.advised;
  });
}

Result<Advice> advise(const MetricsWindow& window, const AdviceOptions& options) {
  if (window.values_of("parlance_setting", "name").empty())
    return nothing("these are no metrics of a Parlance that shows its settings");
  if (window.seconds() <= 0) return nothing("one look at a server shows no load: it takes two");
  if (window.has_restart()) return nothing("the server was started anew meanwhile");
  const TurnFigures turns(window);
  if (turns.came() == 0)
    return nothing(text_of("no turn came in the %.1f s that were measured", turns.seconds));
  Advice advice;
  for (const auto& pool : pools_of(window))
    advise_on_pool(pool, turns, options, advice);
  advise_on_turns(turns, options, advice);
  return advice;
}

std::map<std::string, double> figures_by_name(const MetricsWindow& window) {
  std::map<std::string, double> figures;
  for (const auto& pool : pools_of(window)) {
    figures[pool.name + " answers/s"] = pool.answered_per_second();
    figures[pool.name + " wait s"] = pool.wait_mean_s();
    figures[pool.name + " refused share"] = pool.refused_share();
    figures[pool.name + " throttled share"] = pool.throttled_share();
  }
  const TurnFigures turns(window);
  figures["mailbox_full share"] = turns.share(turns.refused_mailbox);
  figures["threads_full share"] = turns.share(turns.refused_memory);
  figures["resident MiB"] = turns.memory_bytes / (1U << 20U);
  return figures;
}

}  // namespace parlance::bench
