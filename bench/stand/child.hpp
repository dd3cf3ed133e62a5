// A program that the bench starts beside itself: its output, and its end.
//
// Threading: one caller at a time.
// Bounds: what it says on standard output is kept until its awaited line; standard error goes to a
// file.
#pragma once

#include "runtime/base/result.hpp"

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <vector>

namespace parlance::bench {

class Child {
 public:
  // `arguments[0]` is the program. Its standard error is appended to `log_file`.
  static Result<Child> start(const std::vector<std::string>& arguments,
                             const std::string& log_file);

  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();  // kills it

  // What follows `begin` on the first line of its standard output that begins so. internal when it
  // ends or is silent for too long.
  Result<std::string> says(const std::string& begin, std::chrono::milliseconds time_max);

  // Whether it ended by itself after the signal; SIGKILL comes after `time_max`.
  bool stop(int number, std::chrono::milliseconds time_max);

  pid_t pid() const { return pid_; }  // -1: it has ended

 private:
  Child(pid_t pid, int output) : pid_(pid), output_(output) {}
  void signal(int number) const;
  bool has_ended();

  pid_t pid_ = -1;
  int output_ = -1;
  std::string said_;
};

}  // namespace parlance::bench
