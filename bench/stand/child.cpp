#include "bench/stand/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>

namespace parlance::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds end_check_interval{5};

Error failed(const std::string& what) {
  return {ErrorCode::internal, what, {}, {}};
}

}  // namespace

Result<Child> Child::start(const std::vector<std::string>& arguments, const std::string& log_file) {
  std::array<int, 2> output{};
  if (pipe2(output.data(), O_CLOEXEC) != 0) return failed(std::strerror(errno));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(
      &actions, STDERR_FILENO, log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  std::vector<char*> values;
  for (const auto& argument : arguments)
    values.push_back(const_cast<char*>(argument.c_str()));
  values.push_back(nullptr);
  pid_t pid = -1;
  const int problem = posix_spawn(&pid, values[0], &actions, nullptr, values.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(output[1]);
  if (problem == 0) return Child(pid, output[0]);
  close(output[0]);
  return failed(arguments[0] + ": " + std::strerror(problem));
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      output_(std::exchange(other.output_, -1)),
      said_(std::move(other.said_)) {}

Child& Child::operator=(Child&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(output_, other.output_);
  std::swap(said_, other.said_);
  return *this;
}

Child::~Child() {
  if (pid_ > 0) stop(SIGKILL, {});
  if (output_ >= 0) close(output_);
}

Result<std::string> Child::says(const std::string& begin, std::chrono::milliseconds time_max) {
  const auto until = Clock::now() + time_max;
  for (;;) {
    for (auto end = said_.find('\n'); end != std::string::npos; end = said_.find('\n')) {
      const std::string line = said_.substr(0, end);
      said_.erase(0, end + 1);
      if (line.starts_with(begin)) return line.substr(begin.size());
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
    pollfd ready{output_, POLLIN, 0};
    if (left.count() <= 0 || poll(&ready, 1, static_cast<int>(left.count())) <= 0)
      return failed("it did not say \"" + begin + "\" in time");
    std::array<char, 4096> piece{};
    const auto got = read(output_, piece.data(), piece.size());
    if (got <= 0) return failed("it ended before it said \"" + begin + "\"");
    said_.append(piece.data(), static_cast<std::size_t>(got));
  }
}

void Child::signal(int number) const {
  if (pid_ > 0) kill(pid_, number);
}

bool Child::stop(int number, std::chrono::milliseconds time_max) {
  signal(number);
  const auto until = Clock::now() + time_max;
  while (!has_ended()) {
    if (Clock::now() >= until) {
      signal(SIGKILL);
      waitpid(std::exchange(pid_, -1), nullptr, 0);
      return false;
    }
    std::this_thread::sleep_for(end_check_interval);
  }
  return true;
}

bool Child::has_ended() {
  if (pid_ <= 0) return true;
  if (waitpid(pid_, nullptr, WNOHANG) != pid_) return false;
  pid_ = -1;
  return true;
}

}  // namespace parlance::bench
