#include "net/credentials/command.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <system_error>
#include <thread>

namespace parlance::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int look_again_ms = 10;

Error failed(std::string why) {
  return {ErrorCode::invalid_value, "the command " + std::move(why), {}, {}};
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int number() const { return number_; }
  void close() {
    if (number_ >= 0) ::close(number_);
    number_ = -1;
  }

 private:
  int number_;
};

// Its number, or -1 and errno. In a group of its own, so that all it starts can be killed.
pid_t start(const std::vector<std::string>& command, int output) {
  std::vector<char*> arguments;
  for (const auto& argument : command)
    arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
  sigset_t none;
  ::sigemptyset(&none);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  pid_t child = -1;
  const int problem =
      ::posix_spawnp(&child, arguments.front(), &files, &attributes, arguments.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&files);
  errno = problem;
  return problem == 0 ? child : -1;
}

// How the program ended; none: it has not by then.
std::optional<int> status_of(pid_t child, steady_clock::time_point deadline) {
  int status = 0;
  while (::waitpid(child, &status, WNOHANG) != child) {
    if (steady_clock::now() >= deadline) return std::nullopt;
    std::this_thread::sleep_for(milliseconds(1));
  }
  return status;
}

}  // namespace

Result<std::string> output_of(const std::vector<std::string>& command,
                              milliseconds time_max,
                              std::size_t bytes_max) {
  const auto deadline = steady_clock::now() + time_max;
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return failed("has no pipe: too many files are open");
  Descriptor from(ends[0]);
  Descriptor to(ends[1]);
  const pid_t child = start(command, to.number());
  if (child < 0)
    return failed("does not start: " + std::error_code(errno, std::system_category()).message());
  to.close();
  std::string output;
  std::array<char, 4096> bytes{};
  std::optional<int> status;
  // What it leaves in the background may hold the pipe: its own end is the end.
  while (output.size() <= bytes_max && steady_clock::now() < deadline) {
    pollfd waiting{from.number(), POLLIN, 0};
    if (::poll(&waiting, 1, status ? 0 : look_again_ms) > 0) {
      const auto count = ::read(from.number(), bytes.data(), bytes.size());
      if (count > 0) output.append(bytes.data(), static_cast<std::size_t>(count));
      if (count == 0 || (count < 0 && errno != EINTR)) break;
    } else if (status) {
      break;
    } else {
      status = status_of(child, steady_clock::now());
    }
  }
  const bool is_long = output.size() > bytes_max;
  if (is_long) ::kill(-child, SIGKILL);
  if (!status) status = status_of(child, deadline);
  const bool late = !status;
  ::kill(-child, SIGKILL);
  if (late) status = status_of(child, steady_clock::time_point::max());
  if (late) return failed("took longer than " + std::to_string(time_max.count()) + " ms");
  if (is_long) return failed("printed too much");
  if (!WIFEXITED(*status)) return failed("was ended by a signal");
  if (WEXITSTATUS(*status) != 0)
    return failed("ended with status " + std::to_string(WEXITSTATUS(*status)));
  return output;
}

}  // namespace parlance::net
