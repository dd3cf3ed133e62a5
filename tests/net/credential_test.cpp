#include "net/credentials/credential.hpp"

#include "net/credentials/command.hpp"

#include <catch2/catch.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <future>

namespace parlance::net {
namespace {

using std::chrono::milliseconds;

struct OwnClock : Clock {
  std::chrono::steady_clock::time_point now() const override {
    return std::chrono::steady_clock::time_point{milliseconds{ms.load()}};
  }
  std::atomic<std::int64_t> ms{1'000'000};
};

struct CredentialTest {
  ~CredentialTest() {
    reader.join();
    std::filesystem::remove_all(folder);
  }

  void write(const std::string& text) const { std::ofstream(file, std::ios::trunc) << text; }
  CredentialSource of_file() const {
    CredentialSource source;
    source.file = file;
    return source;
  }
  static CredentialSource of_command(std::vector<std::string> command) {
    CredentialSource source;
    source.command = std::move(command);
    return source;
  }
  std::shared_ptr<Credential> open(CredentialSource source) {
    auto opened = open_credential("providers.a.api_key", std::move(source), reader, clock);
    REQUIRE(opened);
    return *opened;
  }
  static bool renewed(Credential& credential, const std::string& refused) {
    std::promise<bool> changed;
    credential.renew(refused, [&](bool answer) { changed.set_value(answer); });
    return changed.get_future().get();
  }

  std::filesystem::path folder = std::filesystem::temp_directory_path() /
                                 ("parlance-credential-" + std::to_string(::getpid()));
  bool made = std::filesystem::create_directories(folder);
  std::filesystem::path file = folder / "key";
  OwnClock clock;
  CredentialReader reader{1};
};

TEST_CASE_METHOD(CredentialTest, "a secret is a file's first line") {
  for (const char* const text : {"sk-one", "sk-one\n", "sk-one\r\nsecond\n"}) {
    write(text);
    CHECK(*open(of_file())->value() == "sk-one");
  }
  for (const char* const text : {"", "\nsk-one", "sk one\n", "sk-\xc3\xa9\n"}) {
    write(text);
    INFO(text);
    const auto opened = open_credential("key", of_file(), reader, clock);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().detail.find("one") == std::string::npos);
  }
  write(std::string(secret_bytes_max + 1, 'x'));
  CHECK_FALSE(read_credential(of_file()));
  std::filesystem::remove(file);
  CHECK_FALSE(read_credential(of_file()));
  REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
  CHECK(read_credential(of_file()).error().detail == "it is no regular file");
}

TEST_CASE_METHOD(CredentialTest, "a secret is what the environment holds, or nothing") {
  CredentialSource source;
  source.environment = "PARLANCE_TEST_CREDENTIAL";
  ::setenv("PARLANCE_TEST_CREDENTIAL", "sk-env", 1);
  CHECK(*read_credential(source) == "sk-env");
  ::unsetenv("PARLANCE_TEST_CREDENTIAL");
  CHECK(read_credential(source)->empty());
}

TEST_CASE_METHOD(CredentialTest, "a secret is the first line that a command prints") {
  CHECK(*read_credential(of_command({"/bin/echo", "sk-command"})) == "sk-command");
  CHECK(*read_credential(of_command({"sh", "-c", "echo \"$0\"; echo more", "sk-$HOME"})) ==
        "sk-$HOME");
  CHECK(*read_credential(of_command({"sh", "-c", "echo sk-kept; sleep 60 &"})) == "sk-kept");
  const auto failed = read_credential(of_command({"sh", "-c", "echo sk-secret; exit 3"}));
  REQUIRE_FALSE(failed);
  CHECK(failed.error().detail == "the command ended with status 3");
  CHECK_FALSE(read_credential(of_command({"true"})));
  CHECK_FALSE(read_credential(of_command({"no-such-program-here"})));
  CHECK_FALSE(read_credential(of_command({"/no/such/program"})));
  CHECK_FALSE(read_credential(of_command({"sh", "-c", "kill -9 $$"})));
  CHECK_FALSE(read_credential(of_command({"yes"})));  // would never end
  for (const char* const script :
       {"echo sk-secret; sleep 60", "echo sk-secret; exec >&-; sleep 60"}) {
    const auto late = output_of({"sh", "-c", script}, milliseconds(100), 100);
    REQUIRE_FALSE(late);
    CHECK(late.error().detail == "the command took longer than 100 ms");
  }
}

TEST_CASE("a fixed secret is never another") {
  const auto credential = fixed_credential("sk-one");
  CHECK(*credential->value() == "sk-one");
  CHECK_FALSE(CredentialTest::renewed(*credential, "sk-one"));
}

TEST_CASE_METHOD(CredentialTest, "an old secret is read again behind the back of who asks") {
  write("first");
  const auto credential = open(of_file());
  write("second");
  CHECK(*credential->value() == "first");
  clock.ms += 300'000;
  CHECK(*credential->value() == "first");
  reader.join();
  CHECK(*credential->value() == "second");
}

TEST_CASE_METHOD(CredentialTest, "who is refused learns whether the secret was rotated") {
  write("first");
  const auto credential = open(of_file());
  CHECK_FALSE(renewed(*credential, "first"));
  write("second");
  CHECK_FALSE(renewed(*credential, "first"));  // somebody asked less than a second ago
  clock.ms += 2'000;
  CHECK(renewed(*credential, "first"));
  CHECK(*credential->value() == "second");
  CHECK(renewed(*credential, "first"));
  std::filesystem::remove(file);
  clock.ms += 2'000;
  CHECK_FALSE(renewed(*credential, "second"));
  CHECK(*credential->value() == "second");
}

TEST_CASE_METHOD(CredentialTest, "many who are refused at once cause one reading") {
  const auto count = folder / "count";
  const auto credential = open(of_command(
      {"sh", "-c", "echo x >> \"$0\"; sleep 0.2; wc -l < \"$0\" | tr -d ' '", count.string()}));
  clock.ms += 2'000;
  std::atomic<int> changed = 0;
  for (int n = 0; n < 100; ++n)
    credential->renew("1", [&](bool answer) { changed += answer ? 1 : 0; });
  reader.join();
  CHECK(changed == 100);
  CHECK(*credential->value() == "2");
}

}  // namespace
}  // namespace parlance::net
