#include "bench/load/trace.hpp"

#include "bench/load/bound.hpp"
#include "runtime/base/json.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <ctime>
#include <fstream>
#include <sstream>
#include <utility>

namespace parlance::bench {
namespace {

constexpr std::size_t json_depth_max = 8;

struct TimedRow {
  double at_s = 0;
  TraceRow row;
};

Error wrong(std::size_t line, const std::string& why) {
  return {ErrorCode::invalid_value, "line " + std::to_string(line) + ": " + why, "trace", {}};
}

std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  auto line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  for (;;) {
    const auto comma = line.find(',');
    fields.push_back(line.substr(0, comma));
    if (comma == std::string_view::npos) return fields;
    line.remove_prefix(comma + 1);
  }
}

std::string lower(std::string_view text) {
  std::string made;
  for (const unsigned char letter : text)
    made.push_back(static_cast<char>(std::tolower(letter)));
  return made;
}

// Seconds as a number, or a date and time of day.
std::optional<double> seconds_in(std::string_view text) {
  if (const auto number = parse_number(text)) return number;
  std::tm date{};
  const std::string ended(text);
  const char* const rest = strptime(ended.c_str(), "%Y-%m-%d%n%H:%M:%S", &date);
  if (rest == nullptr) return std::nullopt;
  double fraction = 0;
  if (*rest == '.') {
    const auto digits = parse_number("0" + std::string(rest));
    if (!digits) return std::nullopt;
    fraction = *digits;
  } else if (*rest != '\0') {
    return std::nullopt;
  }
  return static_cast<double>(timegm(&date)) + fraction;
}

std::optional<std::uint32_t> count_in(std::string_view text) {
  constexpr double most = 10'000'000;
  const auto number = parse_number(text);
  if (!number || *number < 0 || *number > most || *number != std::floor(*number))
    return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

// Blocks of the prompt, which a conversation's requests share from the start: the first may be
// everybody's, so the second names the conversation.
std::uint64_t session_of(const Json& row) {
  if (const auto named = row.find("session_id"); named != row.end() && named->is_number_unsigned())
    return named->get<std::uint64_t>() + 1;
  const auto blocks = row.find("hash_ids");
  if (blocks == row.end() || !blocks->is_array() || blocks->size() < 2) return 0;
  const Json& second = (*blocks)[1];
  return second.is_number_unsigned() ? second.get<std::uint64_t>() + 1 : 0;
}

Result<std::vector<TraceRow>> in_order(std::vector<TimedRow> timed, double scale) {
  if (timed.empty()) return Error{ErrorCode::invalid_value, "there are no rows", "trace", {}};
  std::stable_sort(timed.begin(), timed.end(), [](const TimedRow& a, const TimedRow& b) {
    return a.at_s < b.at_s;
  });
  std::vector<TraceRow> rows;
  rows.reserve(timed.size());
  const double first = timed.front().at_s;
  for (auto& each : timed) {
    const double after_us = (each.at_s - first) / scale * 1e6;
    each.row.at = std::chrono::microseconds(std::llround(after_us));
    rows.push_back(each.row);
  }
  return rows;
}

// Where a column stands; npos: it is not there.
std::size_t column(const std::vector<std::string>& head, std::initializer_list<const char*> names) {
  for (const char* const name : names) {
    const auto found = std::find(head.begin(), head.end(), name);
    if (found != head.end()) return static_cast<std::size_t>(found - head.begin());
  }
  return std::string::npos;
}

}  // namespace

Result<std::vector<TraceRow>> parse_trace_jsonl(std::string_view text, double scale) {
  std::vector<TimedRow> rows;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto line = take_line(text);
    if (line.empty()) continue;
    if (rows.size() == trace_rows_max) return wrong(number, "too many rows");
    const auto json = parse_json(line, json_depth_max);
    if (!json || !json->is_object()) return wrong(number, "it is not a JSON object");
    const auto whole = [&](const char* name) -> std::optional<std::uint32_t> {
      const auto found = json->find(name);
      if (found == json->end() || !found->is_number()) return std::nullopt;
      return count_in(dump(*found));
    };
    const auto at = json->find("timestamp");
    const auto input = whole("input_length");
    const auto output = whole("output_length");
    if (at == json->end() || !at->is_number() || !input || !output)
      return wrong(number, "timestamp, input_length or output_length is missing or no number");
    rows.push_back({at->get<double>() / 1e3, {{}, *input, *output, session_of(*json)}});
  }
  return in_order(std::move(rows), scale);
}

Result<std::vector<TraceRow>> parse_trace_csv(std::string_view text, double scale) {
  std::vector<std::string> head;
  for (const auto name : fields_of(take_line(text)))
    head.push_back(lower(name));
  const auto at = column(head, {"timestamp"});
  const auto input = column(head, {"contexttokens", "request tokens"});
  const auto output = column(head, {"generatedtokens", "response tokens"});
  const auto session = column(head, {"session id"});
  if (std::max({at, input, output}) == std::string::npos)
    return wrong(1, "the columns TIMESTAMP, ContextTokens and GeneratedTokens are not all there");
  std::vector<TimedRow> rows;
  for (std::size_t number = 2; !text.empty(); ++number) {
    const auto line = take_line(text);
    if (line.empty()) continue;
    if (rows.size() == trace_rows_max) return wrong(number, "too many rows");
    const auto fields = fields_of(line);
    if (fields.size() != head.size()) return wrong(number, "it has not as many fields as the head");
    const auto seconds = seconds_in(fields[at]);
    const auto in_tokens = count_in(fields[input]);
    const auto out_tokens = count_in(fields[output]);
    const auto of_session =
        session == std::string::npos ? std::optional<std::uint32_t>(0) : count_in(fields[session]);
    if (!seconds || !in_tokens || !out_tokens || !of_session)
      return wrong(number, "a time or a number cannot be read");
    const std::uint64_t named = session == std::string::npos ? 0 : std::uint64_t{*of_session} + 1;
    rows.push_back({*seconds, {{}, *in_tokens, *out_tokens, named}});
  }
  return in_order(std::move(rows), scale);
}

Result<std::vector<TraceRow>> read_trace(const std::string& file, double scale) {
  const std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) return Error{ErrorCode::invalid_value, file + " cannot be read", "trace", {}};
  return file.ends_with(".csv") ? parse_trace_csv(text.str(), scale)
                                : parse_trace_jsonl(text.str(), scale);
}

}  // namespace parlance::bench
