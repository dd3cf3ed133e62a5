#include "bench/mock/settings.hpp"

#include "runtime/base/units.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace parlance::bench {
namespace {

constexpr std::array<std::pair<std::string_view, MockFaultKind>, 12> kinds{
    {{"hang", MockFaultKind::hang},
     {"stall", MockFaultKind::stall},
     {"cut", MockFaultKind::cut},
     {"reset", MockFaultKind::reset},
     {"garbage", MockFaultKind::garbage},
     {"error", MockFaultKind::error},
     {"slow", MockFaultKind::slow},
     {"no_done", MockFaultKind::no_done},
     {"misfit", MockFaultKind::misfit},
     {"brief", MockFaultKind::brief},
     {"foreign", MockFaultKind::foreign},
     {"no_usage", MockFaultKind::no_usage}}};

constexpr std::chrono::milliseconds delay_max = std::chrono::hours(1);

Error wrong(std::string_view name, std::string detail) {
  return Error{ErrorCode::invalid_value, std::move(detail), std::string(name), {}};
}

template <class Number>
Result<Number> number(std::string_view name, std::string_view text, Number least, Number most) {
  Number value{};
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size() || !(value >= least) ||
      !(value <= most)) {
    const Json bounds = {least, most};
    return wrong(name,
                 "\"" + std::string(text) + "\" is not a number from " + bounds[0].dump() + " to " +
                     bounds[1].dump());
  }
  return value;
}

Result<std::chrono::milliseconds> delay(std::string_view name, std::string_view text) {
  const bool bare = !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  auto value = parse_duration(bare ? std::string(text) + "ms" : std::string(text));
  if (!value) return wrong(name, value.error().detail);
  if (*value > delay_max) return wrong(name, "more than 1h");
  return *value;
}

Result<bool> truth(std::string_view name, std::string_view text) {
  if (text == "true" || text == "false") return text == "true";
  return wrong(name, "\"" + std::string(text) + "\" is neither true nor false");
}

Result<std::vector<MockFault>> faults_of(std::string_view text) {
  std::vector<MockFault> faults;
  if (text.empty() || text == "none") return faults;
  while (true) {
    const auto comma = text.find(',');
    auto fault = parse_fault(text.substr(0, comma));
    if (!fault) return fault.error();
    faults.push_back(*fault);
    if (comma == std::string_view::npos) return faults;
    text.remove_prefix(comma + 1);
  }
}

template <class Value, class Target>
Result<void> keep(Result<Value> value, Target& target) {
  if (!value) return value.error();
  target = std::move(*value);
  return {};
}

}  // namespace

Result<MockFault> parse_fault(std::string_view text) {
  for (const auto& [name, kind] : kinds) {
    if (name == text) return MockFault{kind, 0};
  }
  auto status = number<unsigned>("fault", text, 400, 599);
  if (status) return MockFault{MockFaultKind::status, *status};
  return wrong("fault",
               "\"" + std::string(text) +
                   "\" is neither a status from 400 to 599 nor one of hang, stall, cut, reset, "
                   "garbage, error, slow, no_done, misfit, brief, foreign, no_usage");
}

std::string to_text(const MockFault& fault) {
  for (const auto& [name, kind] : kinds) {
    if (kind == fault.kind) return std::string(name);
  }
  return std::to_string(fault.status);
}

Result<void> set(MockSettings& settings, std::string_view name, std::string_view text) {
  constexpr std::uint32_t many = 1'000'000;
  constexpr auto most = UINT64_MAX;
  constexpr std::uint64_t minute_most = 1'000'000'000'000;
  std::string key(name);
  std::replace(key.begin(), key.end(), '-', '_');
  if (key == "tokens") return keep(number<std::uint32_t>(name, text, 1, 100'000), settings.tokens);
  if (key == "first_token_delay") return keep(delay(name, text), settings.first_token_delay);
  if (key == "token_delay") return keep(delay(name, text), settings.token_delay);
  if (key == "fault") return keep(faults_of(text), settings.faults);
  if (key == "fault_share") return keep(number<double>(name, text, 0, 1), settings.fault_share);
  if (key == "fault_count_max") {
    return keep(number<std::uint64_t>(name, text, 0, most), settings.fault_count_max);
  }
  if (key == "fault_model") {
    settings.fault_model = text;
    return {};
  }
  if (key == "seed") return keep(number<std::uint64_t>(name, text, 0, most), settings.seed);
  if (key == "slots") return keep(number<std::uint32_t>(name, text, 0, many), settings.slots);
  if (key == "queue") return keep(number<std::uint32_t>(name, text, 0, many), settings.queue);
  if (key == "retry_after") return keep(delay(name, text), settings.retry_after);
  if (key == "requests_per_minute")
    return keep(number<std::uint64_t>(name, text, 0, minute_most), settings.requests_per_minute);
  if (key == "tokens_per_minute")
    return keep(number<std::uint64_t>(name, text, 0, minute_most), settings.tokens_per_minute);
  if (key == "limit_headers") return keep(truth(name, text), settings.limit_headers);
  if (key == "cached") return keep(number<std::uint32_t>(name, text, 0, many), settings.cached);
  if (key == "key") {
    settings.key = text;
    return {};
  }
  return wrong(name, "the mock has no such setting");
}

Result<void> set_all(MockSettings& settings, const Json& values) {
  if (!values.is_object()) return wrong("", "the body must be an object of settings");
  MockSettings changed = settings;
  for (const auto& [name, value] : values.items()) {
    const auto text = value.is_string() ? value.get<std::string>() : value.dump();
    if (auto done = set(changed, name, text); !done) return done.error();
  }
  settings = std::move(changed);
  return {};
}

Json to_json(const MockSettings& settings) {
  std::string faults;
  for (const auto& fault : settings.faults) {
    faults += (faults.empty() ? "" : ",") + to_text(fault);
  }
  return {{"tokens", settings.tokens},
          {"first_token_delay", parlance::to_text(settings.first_token_delay)},
          {"token_delay", parlance::to_text(settings.token_delay)},
          {"fault", faults.empty() ? "none" : faults},
          {"fault_share", settings.fault_share},
          {"fault_count_max", settings.fault_count_max},
          {"fault_model", settings.fault_model},
          {"seed", settings.seed},
          {"slots", settings.slots},
          {"queue", settings.queue},
          {"retry_after", parlance::to_text(settings.retry_after)},
          {"requests_per_minute", settings.requests_per_minute},
          {"tokens_per_minute", settings.tokens_per_minute},
          {"limit_headers", settings.limit_headers},
          {"cached", settings.cached}};
}

}  // namespace parlance::bench
