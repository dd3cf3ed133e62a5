// parlance-bench: a load generator and a mock provider. docs/bench.md says how to use them.
#include "bench/command_line.hpp"
#include "bench/load/load_run.hpp"
#include "bench/load/report.hpp"
#include "bench/mock/server.hpp"
#include "runtime/base/log.hpp"

#include <boost/asio/signal_set.hpp>
#include <sys/resource.h>

#include <csignal>
#include <exception>
#include <fstream>
#include <iostream>
#include <string_view>
#include <vector>

namespace parlance::bench {
namespace {

// Each connection is a file descriptor.
void raise_open_files_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int run(const ExitCommand& command) {
  (command.code == 0 ? std::cout : std::cerr) << command.text;
  return command.code;
}

int run(const MockCommand& command) {
  boost::asio::io_context io(1);
  MockServer server(io, command.settings, command.port);
  boost::asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](const boost::system::error_code&, int) { io.stop(); });
  std::cout << "parlance-bench mock: ready on http://127.0.0.1:" << server.port() << std::endl;
  io.run();
  return 0;
}

int run(const RunCommand& command) {
  const auto figures = run_load(command.plan);
  if (!figures) {
    std::cerr << "parlance-bench run: " << figures.error().detail << "\n";
    return 1;
  }
  const auto json = to_json(command.plan, *figures).dump(2);
  if (command.json_file == "-") {
    std::cout << json << "\n";
  } else {
    std::cout << report(command.plan, *figures);
  }
  if (!command.json_file.empty() && command.json_file != "-") {
    std::ofstream file(command.json_file);
    file << json << "\n";
    if (!file.flush()) {
      std::cerr << "parlance-bench run: " << command.json_file << " cannot be written\n";
      return 1;
    }
  }
  if (figures->responses == 0) {
    std::cerr << "parlance-bench run: nothing answered\n";
    return 1;
  }
  const auto judgements = judge(command.expectations, *figures);
  (command.json_file == "-" ? std::cerr : std::cout) << report(judgements);
  return all_held(judgements) ? 0 : 1;
}

int run(const FindMaxCommand& command) {
  const auto probe = [&](std::size_t clients) {
    LoadPlan plan = command.plan;
    plan.clients = clients;
    return run_load(plan);
  };
  const auto found = find_max(
      command.search, probe, [](const Probe& seen) { std::cout << report(seen) << std::flush; });
  if (!found) {
    std::cerr << "parlance-bench find-max: " << found.error().detail << "\n";
    return 1;
  }
  std::cout << report(*found);
  return found->clients == 0 ? 1 : 0;
}

}  // namespace
}  // namespace parlance::bench

int main(int argc, char** argv) {
  try {
    std::signal(SIGPIPE, SIG_IGN);
    parlance::start_log(parlance::LogFormat::text, parlance::LogLevel::warn);
    parlance::bench::raise_open_files_limit();
    const std::vector<std::string_view> arguments(argv + 1, argv + argc);
    const auto command = parlance::bench::read_command_line(arguments);
    return std::visit([](const auto& chosen) { return parlance::bench::run(chosen); }, command);
  } catch (const std::exception& exception) {
    std::cerr << "parlance-bench: " << exception.what() << "\n";
    return 1;
  }
}
