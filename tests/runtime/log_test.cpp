#include "runtime/base/log.hpp"

#include "runtime/base/digest.hpp"
#include "runtime/base/json.hpp"
#include "runtime/ports/conversations.hpp"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <string>

namespace parlance {
namespace {

// What is written to standard error while `act` runs.
template <class Act>
std::string written_by(Act act) {
  std::FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  std::fflush(stderr);
  const int kept = dup(STDERR_FILENO);
  dup2(fileno(file), STDERR_FILENO);
  act();
  std::fflush(stderr);
  dup2(kept, STDERR_FILENO);
  close(kept);
  std::rewind(file);
  std::array<char, 4'096> text{};
  const auto size = std::fread(text.data(), 1, text.size(), file);
  std::fclose(file);
  return {text.data(), size};
}

TEST_CASE("a log line for collectors is one JSON object, whatever its values hold") {
  const auto text = written_by([] {
    start_log(LogFormat::json, LogLevel::info);
    log_info("turn_failed", {{"thread", "a\nb\"c"}, {"count", 7}, {"bad", std::string("\xFF")}});
    log_debug("not_shown");
  });
  start_log(LogFormat::text, LogLevel::error);
  REQUIRE_FALSE(text.empty());
  CHECK(text.find('\n') == text.size() - 1);
  const auto line = parse_json(text, 4);
  REQUIRE(line);
  CHECK((*line)["level"] == "info");
  CHECK((*line)["event"] == "turn_failed");
  CHECK((*line)["thread"] == "a\nb\"c");
  CHECK((*line)["count"] == 7);
  CHECK((*line)["time"].get<std::string>().size() == 24);
}

TEST_CASE("a log line for people has the time, the level, the event and its fields") {
  const auto text = written_by([] {
    start_log(LogFormat::text, LogLevel::warn);
    log_warn("queue_full", {{"lane", std::string("main")}, {"waiting", 64}});
    log_info("not_shown");
  });
  start_log(LogFormat::text, LogLevel::error);
  CHECK_THAT(text, Catch::Matchers::EndsWith(" warn queue_full lane=main waiting=64\n"));
}

TEST_CASE("a digest is SHA-256, in hexadecimal") {
  // FIPS 180-2, appendix B.1, and the digest of nothing.
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("the status of a run has the name that clients know") {
  CHECK(to_string(RunStatus::pending) == "pending");
  CHECK(to_string(RunStatus::running) == "running");
  CHECK(to_string(RunStatus::success) == "success");
  CHECK(to_string(RunStatus::error) == "error");
  CHECK(to_string(RunStatus::timeout) == "timeout");
  CHECK(to_string(RunStatus::interrupted) == "interrupted");
}

}  // namespace
}  // namespace parlance
