#include "bench/suites/slope.hpp"

#include <cmath>
#include <cstddef>

namespace parlance::bench {
namespace {

constexpr std::size_t stretches = 20;
constexpr double student_t = 2.101;  // 95 %, 18 degrees of freedom

using Point = std::pair<double, double>;

Point mean_of(const std::vector<Point>& points, std::size_t from, std::size_t to) {
  Point sum{0, 0};
  for (std::size_t index = from; index < to; ++index) {
    sum.first += points[index].first;
    sum.second += points[index].second;
  }
  const auto count = static_cast<double>(to - from);
  return {sum.first / count, sum.second / count};
}

}  // namespace

Slope slope_of(const std::vector<Point>& points) {
  if (points.size() < 2 * stretches) return {};
  std::vector<Point> means;
  for (std::size_t index = 0; index < stretches; ++index)
    means.push_back(mean_of(
        points, index * points.size() / stretches, (index + 1) * points.size() / stretches));
  const Point middle = mean_of(means, 0, means.size());
  double products = 0;
  double squares = 0;
  for (const auto& [at, value] : means) {
    products += (at - middle.first) * (value - middle.second);
    squares += (at - middle.first) * (at - middle.first);
  }
  const double best = products / squares;
  double residuals = 0;
  for (const auto& [at, value] : means) {
    const double residual = value - middle.second - best * (at - middle.first);
    residuals += residual * residual;
  }
  const double half = student_t * std::sqrt(residuals / (stretches - 2) / squares);
  return {best - half, best, best + half};
}

}  // namespace parlance::bench
