// parlance_lanes: prints what the lanes of the model pool come to in simulated worlds, and whether
// it is good enough.
//
//   parlance_lanes [--seeds N] [--first S] [--processes P]
//
// Processes share the seeds among them. The last lines say which figures miss their bound, and with
// which seed. Exit code: 0 every figure holds its bound, 1 one does not, 2 a wrong argument.
#include "tests/lanes/figures.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace {

using namespace parlance::lanes;

// A figure is taken from as many calls, whether a world has few slots or many.
constexpr std::uint32_t slots_of_all_worlds = 64;
constexpr std::uint32_t slots_of_all_waits = 256;  // of which 20 s are looked at

struct Arguments {
  std::uint64_t first = 1;
  std::uint64_t seeds = 1;
  std::uint64_t processes = 1;
};

std::optional<Arguments> read_arguments(int count, char** values) {
  Arguments arguments;
  for (int i = 1; i < count; i += 2) {
    const std::string name = values[i];
    const std::uint64_t number = i + 1 < count ? std::strtoull(values[i + 1], nullptr, 10) : 0;
    if (number == 0) return std::nullopt;
    if (name == "--seeds") {
      arguments.seeds = number;
    } else if (name == "--first") {
      arguments.first = number;
    } else if (name == "--processes") {
      arguments.processes = number;
    } else {
      return std::nullopt;
    }
  }
  return arguments;
}

// What one seed's worlds come to, and a line for each figure that misses its bound.
struct Report {
  std::ostringstream figures;
  std::ostringstream missed;

  explicit Report(std::uint64_t seed) : seed_(seed) {
    figures << "seed " << seed << '\n' << std::fixed << std::setprecision(3);
    missed << std::fixed << std::setprecision(3);
  }

  void add(const std::string& world, const Figures& all) {
    figures << world << '\n';
    for (const Figure& figure : all) {
      figures << "  " << std::left << std::setw(44) << figure.name << std::right << std::setw(9)
              << figure.value << "   [" << figure.least << ", " << figure.most << "]"
              << (figure.holds() ? "" : "   MISSED") << '\n';
      if (figure.holds()) continue;
      missed << "seed " << seed_ << ": " << world << ": " << figure.name << " is " << figure.value
             << ", not in [" << figure.least << ", " << figure.most << "]\n";
    }
  }

 private:
  std::uint64_t seed_;
};

void simulate(std::uint64_t seed, Report& report) {
  for (const Manner manner : {Manner::refuses, Manner::queues}) {
    for (const std::uint32_t slots : {4U, 16U, 64U}) {
      const std::string world = std::to_string(slots) + " slots, " +
                                (manner == Manner::refuses ? "refuses" : "queues") + " beyond them";
      report.add(world + ": twice its load",
                 saturated(slots, manner, seed, slots_of_all_worlds / slots, slots));
      report.add(world + ": half its speed",
                 half_speed(slots, manner, seed, slots_of_all_waits / slots));
      report.add(world + ": tenants", shares(slots, manner, seed));
    }
  }
  report.add("cannot be reached", outage(Phase::State::down, seed));
  report.add("never answers", outage(Phase::State::hangs, seed));
}

// The share of one process: every seed whose number has this remainder. Returns what they miss.
std::string run_seeds(const Arguments& arguments, std::uint64_t remainder) {
  std::string missed;
  for (std::uint64_t i = remainder; i < arguments.seeds; i += arguments.processes) {
    Report report(arguments.first + i);
    simulate(arguments.first + i, report);
    std::cout << report.figures.str() + "\n" << std::flush;
    missed += report.missed.str();
  }
  return missed;
}

struct Other {
  pid_t process = -1;
  int missed = -1;  // where it writes what its seeds miss
};

Other start(const Arguments& arguments, std::uint64_t remainder) {
  int ends[2] = {-1, -1};
  if (pipe(ends) != 0) std::exit(2);
  const pid_t process = fork();
  if (process < 0) std::exit(2);
  if (process > 0) {
    close(ends[1]);
    return {process, ends[0]};
  }
  const std::string missed = run_seeds(arguments, remainder);
  const bool is_told = write(ends[1], missed.data(), missed.size()) >= 0;
  _exit(is_told ? 0 : 1);
}

std::string end(const Other& other) {
  std::string missed;
  char part[4'096];
  for (ssize_t size = 0; (size = read(other.missed, part, sizeof(part))) > 0;)
    missed.append(part, static_cast<std::size_t>(size));
  close(other.missed);
  int status = 0;
  if (waitpid(other.process, &status, 0) != other.process || !WIFEXITED(status) ||
      WEXITSTATUS(status) != 0)
    missed += "a process ended before its seeds had\n";
  return missed;
}

}  // namespace

int main(int count, char** values) {
  const auto arguments = read_arguments(count, values);
  if (!arguments) {
    std::cerr << "usage: parlance_lanes [--seeds N] [--first S] [--processes P]\n";
    return 2;
  }
  std::vector<Other> others;
  for (std::uint64_t other = 1; other < arguments->processes; ++other)
    others.push_back(start(*arguments, other));
  std::string missed = run_seeds(*arguments, 0);
  for (const Other& other : others)
    missed += end(other);
  const std::uint64_t last = arguments->first + arguments->seeds - 1;
  std::cout << "seeds " << arguments->first << " to " << last << ": "
            << (missed.empty() ? "all bounds hold" : "bounds are missed") << '\n'
            << missed;
  return missed.empty() ? 0 : 1;
}
