// A server of its own with a mock provider behind it, in a folder of its own, for as long as it
// lives: what demo and the suites put load on.
//
// Threading: one caller at a time.
#pragma once

#include "bench/stand/child.hpp"
#include "runtime/base/json.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace parlance::bench {

struct StandOptions {
  std::string server;             // the program; empty: the one beside this program
  std::vector<std::string> mock;  // its options: {"--slots", "16"}
  Json changes = Json::object();  // of the configuration: merged into it (RFC 7386)
};

class Stand {
 public:
  static Result<Stand> start(const StandOptions& options);

  Stand(Stand&&) noexcept = default;
  Stand& operator=(Stand&&) = delete;
  ~Stand();  // nothing stays of it

  const std::string& url() const { return url_; }
  const std::string& mock_url() const { return mock_url_; }
  pid_t server_process() const { return server_->pid(); }
  std::uint64_t data_bytes() const;  // of all files of the server's storage

  // Ends the server by a signal, and says whether it went by itself within `time_max`.
  bool stop_server(int number, std::chrono::milliseconds time_max);
  // Starts it again, at the address that it had.
  Result<void> start_server();

  // Changes settings of the mock, as POST /mock/settings does.
  Result<void> set_mock(const Json& settings) const;

 private:
  Stand() = default;
  std::string log() const;  // what the server wrote to its log

  std::filesystem::path folder_;
  std::string program_;
  Json configuration_;
  std::optional<Child> mock_;
  std::optional<Child> server_;
  std::string url_;
  std::string mock_url_;
};

}  // namespace parlance::bench
