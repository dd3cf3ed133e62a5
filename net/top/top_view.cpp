#include "net/top/top_view.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

namespace parlance::net {
namespace {

using Row = std::vector<std::pair<std::string, std::string>>;  // name, value

constexpr std::size_t column_gap = 2;

std::string with_decimals(double number, int decimals) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.*f", decimals, number);
  return text.data();
}

// A server's words are shown on a terminal: no control character of theirs gets there.
std::string word_in(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return "?";
  auto text = found->get<std::string>();
  std::replace_if(
      text.begin(),
      text.end(),
      [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; },
      '?');
  return text;
}

double number_in(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number() ? found->get<double>() : 0;
}

std::string count_in(const Json& object, const char* name) {
  return with_decimals(number_in(object, name), 0);
}

double sum_of(const TopSample& sample, std::string_view metric) {
  const auto found = sample.metrics.find(metric);
  return found == sample.metrics.end() ? 0 : found->second;
}

std::string rate_of(const TopView& view, std::string_view metric) {
  if (view.before == nullptr) return "-";
  const double seconds = std::chrono::duration<double>(view.now.at - view.before->at).count();
  const double more = sum_of(view.now, metric) - sum_of(*view.before, metric);
  return seconds > 0 && more >= 0 ? with_decimals(more / seconds, 1) : "-";
}

Row threads_of(const TopView& view) {
  const auto count = [&](const char* metric) { return with_decimals(sum_of(view.now, metric), 0); };
  return {{"threads_resident", count("parlance_threads_resident")},
          {"turns_inside", count("parlance_mailbox_turns")},
          {"turns_accepted_per_second", rate_of(view, "parlance_turns_accepted_total")},
          {"turns_refused_per_second", rate_of(view, "parlance_turns_refused_total")},
          {"turns_quarantined", count("parlance_turns_quarantined")},
          {"streams_open", count("parlance_http_streams_open")},
          {"connections_open", count("parlance_http_connections_open")}};
}

// "acme:10,blue:4", the most first.
std::string waiting_by_tenant(const Json& lane) {
  std::vector<std::pair<std::string, double>> tenants;
  if (const auto found = lane.find("waiting_by_tenant");
      found != lane.end() && found->is_object()) {
    for (const auto& [tenant, count] : found->items())
      tenants.emplace_back(word_in(Json{{"name", tenant}}, "name"),
                           number_in(*found, tenant.c_str()));
  }
  std::stable_sort(tenants.begin(), tenants.end(), [](const auto& one, const auto& other) {
    return one.second > other.second;
  });
  std::string text;
  for (const auto& [tenant, count] : tenants)
    text += (text.empty() ? "" : ",") + tenant + ':' + with_decimals(count, 0);
  return text.empty() ? "-" : text;
}

// "2/10/0": the most critical first.
std::string waiting_by_criticality(const Json& lane) {
  const auto found = lane.find("waiting_by_criticality");
  if (found == lane.end() || !found->is_object()) return "?";
  std::string text;
  for (const char* const each : {"high", "normal", "sheddable"})
    text += (text.empty() ? "" : "/") + count_in(*found, each);
  return text;
}

Row lane_of(const Json& lane) {
  return {
      {"lane", word_in(lane, "provider") + '/' + word_in(lane, "model")},
      {"mode", word_in(lane, "mode")},
      {"limit", count_in(lane, "calls_at_once")},
      {"bounds", count_in(lane, "calls_at_once_min") + ".." + count_in(lane, "calls_at_once_max")},
      {"why", word_in(lane, "reason")},
      {"held_by", word_in(lane, "held_by")},
      {"running", count_in(lane, "running")},
      {"waiting", count_in(lane, "waiting")},
      {"by_class", waiting_by_criticality(lane)},
      {"wait_s", with_decimals(number_in(lane, "wait_ms") / 1'000, 1)},
      {"breaker", word_in(lane, "breaker")},
      {"retries", with_decimals(number_in(lane, "retries_left"), 1)},
      {"by_tenant", waiting_by_tenant(lane)}};
}

std::vector<Row> lanes_of(const TopSample& sample) {
  std::vector<Row> rows;
  for (const Json& lane : sample.lanes)
    rows.push_back(lane_of(lane));
  return rows;
}

// Narrower: what holds a lane stands in place of why its limit is what it is, and who waits, by
// criticality, in place of how many.
Row on_screen(Row row) {
  const auto cell_of = [&](const char* name) {
    return std::find_if(
        row.begin(), row.end(), [&](const auto& cell) { return cell.first == name; });
  };
  const auto put = [&](const char* from, const char* to, const char* unless) {
    const auto cell = cell_of(from);
    if (cell->second != unless && cell->second != "?") cell_of(to)->second = cell->second;
    row.erase(cell);
  };
  put("held_by", "why", "nothing");
  put("by_class", "waiting", "0/0/0");
  return row;
}

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789.") == std::string::npos;
}

// In columns: numbers to the right, under their names.
std::vector<std::string> table_of(const std::vector<Row>& rows) {
  if (rows.empty()) return {};
  std::vector<std::string> lines(rows.size() + 1);
  for (std::size_t column = 0; column < rows[0].size(); ++column) {
    std::size_t width = rows[0][column].first.size();
    for (const Row& row : rows)
      width = std::max(width, row[column].second.size());
    const bool to_the_right = is_number(rows[0][column].second);
    const auto add = [&](std::string& line, const std::string& text) {
      const std::string space(width - text.size(), ' ');
      line += (to_the_right ? space + text : text + space) + std::string(column_gap, ' ');
    };
    add(lines[0], rows[0][column].first);
    for (std::size_t i = 0; i < rows.size(); ++i)
      add(lines[i + 1], rows[i][column].second);
  }
  return lines;
}

std::string joined(const Row& row) {
  std::string line;
  for (const auto& [name, value] : row)
    line += (line.empty() ? "" : " ") + name + '=' + value;
  return line + '\n';
}

}  // namespace

MetricSums sums_of(std::string_view prometheus_text) {
  MetricSums sums;
  while (!prometheus_text.empty()) {
    const auto end = prometheus_text.find('\n');
    const std::string_view line = prometheus_text.substr(0, end);
    prometheus_text.remove_prefix(end == std::string_view::npos ? prometheus_text.size() : end + 1);
    if (line.empty() || line.front() == '#') continue;
    const auto value = line.find_last_of(' ');
    if (value == std::string_view::npos) continue;
    const std::string number(line.substr(value + 1));
    sums[std::string(line.substr(0, line.find_first_of("{ ")))] +=
        std::strtod(number.c_str(), nullptr);
  }
  return sums;
}

std::string top_screen(const TopView& view, std::size_t columns, std::size_t rows) {
  std::vector<std::string> lines{view.now.server + (view.now.ready ? "  ready" : "  NOT READY"),
                                 ""};
  for (const auto& [name, value] : threads_of(view))
    lines[1] += (lines[1].empty() ? "" : "   ") + name + ' ' + value;
  std::replace(lines[1].begin(), lines[1].end(), '_', ' ');
  lines.emplace_back();
  std::vector<Row> lanes;
  for (Row& lane : lanes_of(view.now))
    lanes.push_back(on_screen(std::move(lane)));
  for (auto& line : table_of(lanes))
    lines.push_back(std::move(line));
  std::string screen;
  for (std::size_t i = 0; i < std::min(lines.size(), rows); ++i)
    screen += (i == 0 ? "" : "\n") + lines[i].substr(0, columns);
  return screen;
}

std::string top_lines(const TopView& view) {
  Row threads = threads_of(view);
  threads.emplace(threads.begin(), "ready", view.now.ready ? "true" : "false");
  std::string lines = joined(threads);
  for (const Row& row : lanes_of(view.now))
    lines += joined(row);
  return lines;
}

}  // namespace parlance::net
