// A secret that may change while the server runs: in the environment, a file, or what a command
// prints.
//
//   auto key = open_credential("providers.a.api_key", source, reader, clock);
//   request.with(*key->value());
//   // refused with it: was it rotated meanwhile?
//   key->renew(used, [](bool changed) { … });
//
// It is read once when it is opened, so that a fault is seen at start; again in the background once
// it is `ttl` old, while the old one is in use; and at once when somebody was refused with it.
// Where that fails the last value stays, and the log says `credential_unreadable` without any of
// its text.
//
// Bounds: one reading at a time for each secret; for those who were refused at most one in
// renewals_apart_min, and whoever asks sooner gets what the last one found. Secrets of
// secret_bytes_max; commands of command_time_max. Threading: value() and renew() from any thread,
// neither blocks. `done` is called once, by the caller of renew() or by the reader's thread, and
// must not block.
#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/base/result.hpp"

#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace parlance::net {

constexpr std::size_t secret_bytes_max = 16 * 1024;
constexpr std::chrono::milliseconds command_time_max{10'000};
constexpr std::chrono::milliseconds renewals_apart_min{1'000};

// Where a secret is: one of the three.
struct CredentialSource {
  std::string environment;           // the name of a variable
  std::filesystem::path file;        // whose first line it is
  std::vector<std::string> command;  // the program by its path or name, and its arguments
  std::chrono::milliseconds ttl{300'000};

  bool operator==(const CredentialSource&) const = default;
};

class Credential {
 public:
  virtual ~Credential() = default;

  // Never null. Empty where the environment has no such variable.
  virtual std::shared_ptr<const std::string> value() = 0;

  // Whether there is another value than the one that was refused, once it has been read again.
  virtual void renew(const std::string& refused, std::function<void(bool changed)> done) = 0;
};

// Reads what blocks, on a thread of its own. Outlives every Credential that has it.
using CredentialReader = boost::asio::thread_pool;

// invalid_value: it cannot be read, or is no secret (control characters, too long). `name` is what
// logs call it: the path of its setting.
Result<std::shared_ptr<Credential>> open_credential(std::string name,
                                                    CredentialSource source,
                                                    CredentialReader& reader,
                                                    const Clock& clock);

// One that never changes.
std::shared_ptr<Credential> fixed_credential(std::string secret);

// The secret as it is now. Blocks. invalid_value, without any of its text.
Result<std::string> read_credential(const CredentialSource& source);

}  // namespace parlance::net
