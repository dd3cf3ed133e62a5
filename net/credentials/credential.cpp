#include "net/credentials/credential.hpp"

#include "net/credentials/command.hpp"
#include "runtime/base/log.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <string_view>
#include <system_error>
#include <utility>

namespace parlance::net {
namespace {

Error unreadable(std::string why) {
  return {ErrorCode::invalid_value, std::move(why), {}, {}};
}

// The first line of what holds a secret.
Result<std::string> first_line(std::string_view text) {
  auto line = text.substr(0, text.find('\n'));
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  if (line.empty()) return unreadable("the first line is empty");
  if (line.size() > secret_bytes_max) return unreadable("the secret is too long");
  return std::string(line);
}

Result<std::string> read_file(const std::filesystem::path& path) {
  std::error_code problem;
  const auto kind = std::filesystem::status(path, problem).type();
  // To open another kind of file, such as a named pipe, may take for ever.
  if (!problem && kind != std::filesystem::file_type::regular &&
      kind != std::filesystem::file_type::not_found)
    return unreadable("it is no regular file");
  std::ifstream file(path);
  if (!file) return unreadable("the file cannot be read");
  std::string text(secret_bytes_max + 2, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return first_line(text);
}

Result<std::string> read_output(const std::vector<std::string>& command) {
  const auto output = output_of(command, command_time_max, 4 * secret_bytes_max);
  if (!output) return output.error();
  return first_line(*output);
}

}  // namespace

Result<std::string> read_credential(const CredentialSource& source) {
  auto secret = [&]() -> Result<std::string> {
    if (!source.command.empty()) return read_output(source.command);
    if (!source.file.empty()) return read_file(source.file);
    const char* const found = std::getenv(source.environment.c_str());
    return std::string(found == nullptr ? "" : found);
  }();
  if (!secret) return secret;
  const bool is_printable =
      std::all_of(secret->begin(), secret->end(), [](char c) { return c > ' ' && c <= '~'; });
  if (!is_printable) return unreadable("it holds a character that no key can have");
  return secret;
}

namespace {

class ReadCredential : public Credential, public std::enable_shared_from_this<ReadCredential> {
 public:
  ReadCredential(std::string name,
                 CredentialSource source,
                 std::string secret,
                 CredentialReader& reader,
                 const Clock& clock)
      : name_(std::move(name)),
        source_(std::move(source)),
        reader_(reader),
        clock_(clock),
        value_(std::make_shared<const std::string>(std::move(secret))),
        read_at_(clock.now()) {}

  std::shared_ptr<const std::string> value() override {
    const std::scoped_lock lock(mutex_);
    if (clock_.now() - read_at_ >= source_.ttl) read_soon();
    return value_;
  }

  void renew(const std::string& refused, std::function<void(bool)> done) override {
    bool changed = false;
    {
      const std::scoped_lock lock(mutex_);
      changed = *value_ != refused;
      if (!changed && (reading_ || clock_.now() - renewed_at_ >= renewals_apart_min)) {
        if (!reading_) renewed_at_ = clock_.now();
        waiting_.push_back({refused, std::move(done)});
        return read_soon();
      }
    }
    done(changed);
  }

 private:
  struct Waiting {
    std::string refused;
    std::function<void(bool)> done;
  };

  // The caller holds the mutex.
  void read_soon() {
    if (reading_) return;
    reading_ = true;
    boost::asio::post(reader_, [self = shared_from_this()] { self->read(); });
  }

  void read() {
    auto secret = read_credential(source_);
    if (!secret) {
      log_error("credential_unreadable",
                {{"credential", name_}, {"detail", secret.error().detail}});
    }
    std::vector<Waiting> waiting;
    std::shared_ptr<const std::string> now;
    bool changed = false;
    {
      const std::scoped_lock lock(mutex_);
      reading_ = false;
      read_at_ = clock_.now();
      changed = secret && *secret != *value_;
      if (changed) value_ = std::make_shared<const std::string>(std::move(*secret));
      now = value_;
      waiting.swap(waiting_);
    }
    if (changed) log_info("credential_changed", {{"credential", name_}});
    for (auto& each : waiting)
      each.done(*now != each.refused);
  }

  const std::string name_;
  const CredentialSource source_;
  CredentialReader& reader_;
  const Clock& clock_;

  std::mutex mutex_;
  std::shared_ptr<const std::string> value_;            // all of these are guarded by mutex_
  std::chrono::steady_clock::time_point read_at_;       // the end of the last reading
  std::chrono::steady_clock::time_point renewed_at_{};  // the last one that a refusal asked for
  bool reading_ = false;
  std::vector<Waiting> waiting_;
};

class FixedCredential : public Credential {
 public:
  explicit FixedCredential(std::string secret)
      : value_(std::make_shared<const std::string>(std::move(secret))) {}

  std::shared_ptr<const std::string> value() override { return value_; }
  void renew(const std::string& /*refused*/, std::function<void(bool)> done) override {
    done(false);
  }

 private:
  const std::shared_ptr<const std::string> value_;
};

}  // namespace

Result<std::shared_ptr<Credential>> open_credential(std::string name,
                                                    CredentialSource source,
                                                    CredentialReader& reader,
                                                    const Clock& clock) {
  auto secret = read_credential(source);
  if (!secret) return secret.error();
  return std::shared_ptr<Credential>(std::make_shared<ReadCredential>(
      std::move(name), std::move(source), std::move(*secret), reader, clock));
}

std::shared_ptr<Credential> fixed_credential(std::string secret) {
  return std::make_shared<FixedCredential>(std::move(secret));
}

}  // namespace parlance::net
