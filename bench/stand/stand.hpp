// A server of its own with a mock provider behind it, in a folder of its own, for as long as it
// lives: what demo and the suites put load on.
//
// Threading: one caller at a time.
#pragma once

#include "bench/stand/child.hpp"
#include "runtime/base/json.hpp"

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

 private:
  Stand() = default;
  std::string log() const;  // what the server wrote to its log
  Result<void> start_server();

  std::filesystem::path folder_;
  std::string program_;
  std::optional<Child> mock_;
  std::optional<Child> server_;
  std::string url_;
  std::string mock_url_;
};

}  // namespace parlance::bench
