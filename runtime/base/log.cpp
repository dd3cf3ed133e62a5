#include "runtime/base/log.hpp"

#include "runtime/base/clock.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <atomic>
#include <memory>
#include <utility>
#include <vector>

namespace parlance {
namespace {

// Set once by start_log() and never freed: lines may come until the last thread has ended.
std::atomic<spdlog::logger*> logger{nullptr};
std::atomic<LogFormat> format_in_use{LogFormat::json};

constexpr std::array<std::string_view, 4> level_names{"debug", "info", "warn", "error"};
constexpr std::array<spdlog::level::level_enum, 4> spdlog_levels{
    spdlog::level::debug, spdlog::level::info, spdlog::level::warn, spdlog::level::err};

std::string as_json(LogLevel level, std::string_view event, LogFields fields) {
  nlohmann::ordered_json line;
  line["time"] = iso_time(Clock{}.unix_ms());
  line["level"] = level_names[static_cast<std::size_t>(level)];
  line["event"] = event;
  for (const auto& [name, value] : fields) {
    std::visit([&, key = std::string(name)](const auto& v) { line[key] = v; }, value.value());
  }
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string as_text(LogLevel level, std::string_view event, LogFields fields) {
  std::string line = iso_time(Clock{}.unix_ms()).substr(11, 12);
  line.append(" ").append(level_names[static_cast<std::size_t>(level)]).append(" ").append(event);
  for (const auto& [name, value] : fields) {
    line.append(" ").append(name).append("=");
    std::visit(
        [&](const auto& v) {
          if constexpr (std::is_same_v<std::decay_t<decltype(v)>, std::string>) {
            line.append(v);
          } else {
            line.append(std::to_string(v));
          }
        },
        value.value());
  }
  return line;
}

}  // namespace

void start_log(LogFormat format, LogLevel level_min) {
  auto made = std::make_unique<spdlog::logger>("parlance",
                                               std::make_shared<spdlog::sinks::stderr_sink_mt>());
  made->set_pattern("%v");
  made->set_level(spdlog_levels[static_cast<std::size_t>(level_min)]);
  made->flush_on(spdlog::level::debug);
  format_in_use = format;
  // An earlier one may still be writing on another thread, so it is kept.
  static auto* const kept = new std::vector<std::unique_ptr<spdlog::logger>>();
  logger = kept->emplace_back(std::move(made)).get();
}

void log(LogLevel level, std::string_view event, LogFields fields) {
  spdlog::logger* to = logger;
  const auto spdlog_level = spdlog_levels[static_cast<std::size_t>(level)];
  if (to == nullptr || !to->should_log(spdlog_level)) return;
  to->log(spdlog_level,
          format_in_use == LogFormat::json ? as_json(level, event, fields)
                                           : as_text(level, event, fields));
}

}  // namespace parlance
