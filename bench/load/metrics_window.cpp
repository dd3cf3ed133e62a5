#include "bench/load/metrics_window.hpp"

#include <algorithm>
#include <set>

namespace parlance::bench {
namespace {

bool is_kept(std::string_view name) {
  return !name.ends_with("_bucket") &&
         std::any_of(MetricsWindow::names_kept.begin(),
                     MetricsWindow::names_kept.end(),
                     [&](std::string_view begin) { return name.starts_with(begin); });
}

std::string_view name_of(std::string_view series) {
  return series.substr(0, series.find('{'));
}

bool is_counter(std::string_view series) {
  const auto name = name_of(series);
  return name.ends_with("_total") || name.ends_with("_count");
}

bool has_numbers(const Json& object, std::initializer_list<const char*> names) {
  return object.is_object() && std::all_of(names.begin(), names.end(), [&](const char* name) {
           return object.contains(name) && object[name].is_number();
         });
}

Error no_window() {
  return {ErrorCode::invalid_value, "holds no metrics of a server", {}, {}};
}

}  // namespace

void MetricsWindow::see(double at_s, const MetricsText& page) {
  if (pages_ == 0) from_s_ = at_s;
  until_s_ = at_s;
  ++pages_;
  for (const auto& sample : page.samples()) {
    if (!is_kept(sample.name)) continue;
    const std::string key = std::string(sample.name).append(sample.labels);
    auto found = series_.find(key);
    if (found == series_.end()) {
      if (series_.size() >= series_max) continue;
      found = series_.emplace(key, Series{}).first;
      if (pages_ == 1) found->second.first = sample.value;
    }
    Series& series = found->second;
    series.last = sample.value;
    series.sum += sample.value;
    series.most = std::max(series.most, sample.value);
  }
}

Json MetricsWindow::to_json() const {
  Json listed = Json::object();
  for (const auto& [key, series] : series_) {
    listed[key] = {{"first", series.first},
                   {"last", series.last},
                   {"mean", series.sum / static_cast<double>(pages_)},
                   {"most", series.most}};
  }
  return {{"from_s", from_s_}, {"until_s", until_s_}, {"pages", pages_}, {"series", listed}};
}

Result<MetricsWindow> MetricsWindow::from_json(const Json& json) {
  if (!has_numbers(json, {"from_s", "until_s", "pages"}) || !json.contains("series") ||
      !json["series"].is_object() || json["series"].size() > series_max)
    return no_window();
  MetricsWindow window;
  window.from_s_ = json["from_s"].get<double>();
  window.until_s_ = json["until_s"].get<double>();
  window.pages_ = json["pages"].get<std::size_t>();
  for (const auto& [key, series] : json["series"].items()) {
    if (!has_numbers(series, {"first", "last", "mean", "most"})) return no_window();
    window.series_[key] = {series["first"].get<double>(),
                           series["last"].get<double>(),
                           series["mean"].get<double>() * static_cast<double>(window.pages_),
                           series["most"].get<double>()};
  }
  return window;
}

bool MetricsWindow::has_restart() const {
  return std::any_of(series_.begin(), series_.end(), [](const auto& each) {
    return is_counter(each.first) && each.second.last < each.second.most;
  });
}

template <class Figure>
double MetricsWindow::sum_of(std::string_view name,
                             std::string_view label,
                             const Figure& figure) const {
  double sum = 0;
  for (auto each = series_.lower_bound(name);
       each != series_.end() && std::string_view(each->first).starts_with(name);
       ++each) {
    const std::string_view key = each->first;
    if (name_of(key) == name && key.find(label, name.size()) != std::string_view::npos)
      sum += figure(each->second);
  }
  return sum;
}

double MetricsWindow::rise(std::string_view name, std::string_view label) const {
  return sum_of(name, label, [](const Series& series) { return series.last - series.first; });
}

double MetricsWindow::last(std::string_view name, std::string_view label) const {
  return sum_of(name, label, [](const Series& series) { return series.last; });
}

double MetricsWindow::mean(std::string_view name, std::string_view label) const {
  if (pages_ == 0) return 0;
  return sum_of(name, label, [](const Series& series) { return series.sum; }) /
         static_cast<double>(pages_);
}

double MetricsWindow::most(std::string_view name, std::string_view label) const {
  return sum_of(name, label, [](const Series& series) { return series.most; });
}

std::vector<std::string> MetricsWindow::values_of(std::string_view name,
                                                  std::string_view label) const {
  std::set<std::string> values;
  const std::string begin = std::string(label) + "=\"";
  for (const auto& [key, series] : series_) {
    if (name_of(key) != name) continue;
    const auto at = key.find(begin);
    if (at == std::string::npos) continue;
    const auto value = at + begin.size();
    values.insert(key.substr(value, key.find('"', value) - value));
  }
  return {values.begin(), values.end()};
}

}  // namespace parlance::bench
