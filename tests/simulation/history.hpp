// What happened in a simulation, a line a step, and a digest of it: two runs with the same digest
// were the same run.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parlance::simulation {

class History {
 public:
  void add(std::string line) {
    for (const char c : line)
      digest_ = (digest_ ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
    digest_ = (digest_ ^ 0x0AU) * 0x100000001B3U;
    lines_.push_back(std::move(line));
  }

  // What must not be. The first one ends the simulation.
  void violation(std::string what) {
    add("VIOLATION: " + what);
    if (violation_.empty()) violation_ = std::move(what);
  }

  const std::string& violation() const { return violation_; }
  std::uint64_t digest() const { return digest_; }
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::vector<std::string> lines_;
  std::uint64_t digest_ = 0xCBF29CE484222325U;  // FNV-1a
  std::string violation_;
};

}  // namespace parlance::simulation
