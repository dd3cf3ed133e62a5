#include "app/process.hpp"

#include "runtime/base/log.hpp"

#include <sys/resource.h>

#include <chrono>
#include <cstdlib>
#include <thread>

namespace parlance {
namespace {

constexpr int exit_code_ended_itself = 70;  // EX_SOFTWARE of sysexits.h
constexpr std::chrono::milliseconds notice_time{500};

}  // namespace

void start_log(const LogSettings& log) {
  start_log(log.format == "text" ? LogFormat::text : LogFormat::json,
            log.level == "debug"   ? LogLevel::debug
            : log.level == "warn"  ? LogLevel::warn
            : log.level == "error" ? LogLevel::error
                                   : LogLevel::info);
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void end_process(const std::string& reason) {
  log_error("server_ends", {{"reason", reason}});
  std::_Exit(exit_code_ended_itself);
}

void end_process_soon(const std::string& reason) {
  std::thread([reason] {
    std::this_thread::sleep_for(notice_time);
    end_process(reason);
  }).detach();
}

}  // namespace parlance
