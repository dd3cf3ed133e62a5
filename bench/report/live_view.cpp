#include "bench/report/live_view.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>
#include <string_view>
#include <vector>

namespace parlance::bench {
namespace {

constexpr std::size_t intervals_per_line = 4;  // where nothing is drawn

constexpr std::array<std::string_view, 8> bars{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

std::string text_of(const char* format, auto... values) {
  std::array<char, 200> text{};
  std::snprintf(text.data(), text.size(), format, values...);
  return text.data();
}

double rate(std::uint32_t count) {
  return count / std::chrono::duration<double>(Timeline::period).count();
}

using Value = std::function<double(const Interval&)>;

// The last intervals, the greatest of them as a full bar.
std::string bars_of(const std::vector<Interval>& intervals, const Value& value) {
  const std::size_t first = intervals.size() - std::min(intervals.size(), LiveView::columns_max);
  double most = 0;
  for (std::size_t i = first; i < intervals.size(); ++i)
    most = std::max(most, value(intervals[i]));
  std::string text;
  for (std::size_t i = first; i < intervals.size(); ++i) {
    const double share = most > 0 ? value(intervals[i]) / most : 0;
    text += bars[std::min(bars.size() - 1, static_cast<std::size_t>(share * bars.size()))];
  }
  return text;
}

bool may_draw(std::FILE* out) {
  const char* const terminal = std::getenv("TERM");
  return isatty(fileno(out)) == 1 && terminal != nullptr && std::string_view(terminal) != "dumb";
}

}  // namespace

LiveView::LiveView(const LoadPlan& plan, std::FILE* out)
    : plan_(plan),
      out_(out),
      draws_(may_draw(out)),
      colored_(draws_ && std::getenv("NO_COLOR") == nullptr) {}

LiveView::~LiveView() {
  if (lines_ > 0) std::fprintf(out_, "\x1b[%zuA\x1b[J", lines_);
  std::fflush(out_);
}

void LiveView::show(const Figures& figures) {
  const auto& intervals = figures.timeline.intervals();
  if (intervals.size() == intervals_) return;
  intervals_ = intervals.size();
  const Interval& last = intervals.back();
  if (!draws_) {
    if (intervals_ % intervals_per_line != 0) return;
    std::fprintf(out_,
                 "%5.1f s  %u at once  %.0f turns/s  p50 %.1f ms  p99 %.1f ms  refused %llu  "
                 "failed %llu\n",
                 std::chrono::duration<double>(figures.elapsed).count(),
                 last.at_once_max,
                 rate(last.finished),
                 last.turn_p50_ms,
                 last.turn_p99_ms,
                 static_cast<unsigned long long>(figures.refused),
                 static_cast<unsigned long long>(figures.failed));
    std::fflush(out_);
    return;
  }
  const std::string text = live_text(plan_, figures, colored_);
  if (lines_ > 0) std::fprintf(out_, "\x1b[%zuA\x1b[J", lines_);
  std::fputs(text.c_str(), out_);
  std::fflush(out_);
  lines_ = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

std::string live_text(const LoadPlan& plan, const Figures& figures, bool colored) {
  const auto& intervals = figures.timeline.intervals();
  if (intervals.empty()) return {};
  const Interval& last = intervals.back();
  const auto paint = [&](const char* color, std::string text) {
    return colored ? "\x1b[" + std::string(color) + "m" + text + "\x1b[0m" : text;
  };
  const double seconds = std::chrono::duration<double>(figures.elapsed).count();
  std::string text = text_of("  %.1f s", seconds);
  if (plan.time_max)
    text += text_of(" of %.0f s", std::chrono::duration<double>(*plan.time_max).count());
  text += text_of("   sent %llu, ", static_cast<unsigned long long>(figures.sent)) +
          paint("32", text_of("finished %llu", static_cast<unsigned long long>(figures.finished)));
  if (figures.refused > 0)
    text += ", " +
            paint("33", text_of("refused %llu", static_cast<unsigned long long>(figures.refused)));
  if (figures.failed > 0)
    text +=
        ", " + paint("31", text_of("failed %llu", static_cast<unsigned long long>(figures.failed)));
  text += "\n";
  const auto line =
      [&](const char* title, const std::string& now, const char* color, const Value& value) {
        text += text_of("  %-10s %12s  ", title, now.c_str()) +
                paint(color, bars_of(intervals, value)) + "\n";
      };
  line("turns", text_of("%.0f/s", rate(last.finished)), "32", [](const Interval& each) {
    return rate(each.finished);
  });
  line("turn p50", text_of("%.1f ms", last.turn_p50_ms), "36", [](const Interval& each) {
    return each.turn_p50_ms;
  });
  line("turn p99", text_of("%.1f ms", last.turn_p99_ms), "36", [](const Interval& each) {
    return each.turn_p99_ms;
  });
  if (figures.first_text.count() > 0) {
    line("first text", text_of("%.1f ms", last.first_text_p99_ms), "34", [](const Interval& each) {
      return each.first_text_p99_ms;
    });
  }
  line("at once", text_of("%u", last.at_once_max), "34", [](const Interval& each) {
    return static_cast<double>(each.at_once_max);
  });
  if (figures.refused > 0) {
    line("refused", text_of("%.0f/s", rate(last.refused)), "33", [](const Interval& each) {
      return rate(each.refused);
    });
  }
  return text;
}

}  // namespace parlance::bench
