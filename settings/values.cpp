#include "settings/values.hpp"

#include "net/cors.hpp"
#include "net/door.hpp"
#include "net/webhooks/webhook_rules.hpp"
#include "net/webhooks/webhook_secret.hpp"
#include "runtime/base/units.hpp"

#include <utility>

namespace parlance {
namespace {

using std::chrono::milliseconds;
namespace fs = std::filesystem;

Result<std::string> read_secret(const Json& value,
                                const std::string& path,
                                const fs::path& folder) {
  const auto source = read_credential_source(value, path, folder);
  if (!source) return source.error();
  auto secret = net::read_credential(*source);
  if (!secret) return wrong_setting(path, secret.error().detail);
  return secret;
}

}  // namespace

Error wrong_setting(const std::string& path, const std::string& reason) {
  return {ErrorCode::invalid_value, path + ": " + reason, path, {}};
}

Result<std::uint64_t> read_count(const Json& value,
                                 const std::string& path,
                                 std::uint64_t min,
                                 std::uint64_t max) {
  if (!value.is_number_unsigned()) return wrong_setting(path, "must be a whole number");
  const auto number = value.get<std::uint64_t>();
  if (number < min || number > max) {
    return wrong_setting(path,
                         "must be from " + std::to_string(min) + " to " + std::to_string(max));
  }
  return number;
}

Result<milliseconds> read_duration(const Json& value,
                                   const std::string& path,
                                   milliseconds min,
                                   milliseconds max) {
  if (!value.is_string()) return wrong_setting(path, "must be a duration such as \"30s\"");
  const auto duration = parse_duration(value.get<std::string>());
  if (!duration) return wrong_setting(path, duration.error().detail);
  if (*duration < min || *duration > max) {
    return wrong_setting(path, "must be from " + to_text(min) + " to " + to_text(max));
  }
  return *duration;
}

Result<std::uint64_t> read_size(const Json& value,
                                const std::string& path,
                                std::uint64_t min,
                                std::uint64_t max) {
  if (!value.is_string()) return wrong_setting(path, "must be a size such as \"64KiB\"");
  const auto size = parse_size(value.get<std::string>());
  if (!size) return wrong_setting(path, size.error().detail);
  if (*size < min || *size > max)
    return wrong_setting(path, "must be from " + size_to_text(min) + " to " + size_to_text(max));
  return *size;
}

Result<std::string> read_text(const Json& value, const std::string& path) {
  if (value.is_number()) return dump(value);  // from the environment, where quotes are tiresome
  if (!value.is_string()) return wrong_setting(path, "must be text");
  return value.get<std::string>();
}

Result<std::string> read_origin(const Json& value, const std::string& path, const fs::path&) {
  auto origin = read_text(value, path);
  if (origin && !net::Cors::is_origin(*origin))
    return wrong_setting(path, "must be an origin such as \"https://app.example.com\", or \"*\"");
  return origin;
}

Result<std::string> read_address(const Json& value, const std::string& path, const fs::path&) {
  auto address = read_text(value, path);
  if (address && !net::Door::is_address(*address))
    return wrong_setting(path, "must be an address such as \"10.0.0.7\"");
  return address;
}

Result<net::CredentialSource> read_credential_source(const Json& value,
                                                     const std::string& path,
                                                     const fs::path& folder) {
  const Error is_none = wrong_setting(
      path,
      R"(must be {"env": "NAME"}, {"file": "PATH"} or {"command": ["PROGRAM"]}, each with )"
      R"(a "ttl" if need be; a key never stands in the configuration)");
  if (!value.is_object() || value.size() != (value.contains("ttl") ? 2U : 1U)) return is_none;
  net::CredentialSource source;
  if (const auto name = value.find("env"); name != value.end() && name->is_string()) {
    source.environment = name->get<std::string>();
  } else if (const auto file = value.find("file"); file != value.end() && file->is_string()) {
    source.file = folder / file->get<std::string>();
  } else if (const auto command = value.find("command");
             command != value.end() && command->is_array() && !command->empty()) {
    for (const auto& word : *command) {
      if (!word.is_string()) return wrong_setting(path + ".command", "must be a list of texts");
      source.command.push_back(word.get<std::string>());
    }
  } else {
    return is_none;
  }
  if (const auto ttl = value.find("ttl"); ttl != value.end()) {
    const auto time = read_duration(
        *ttl, path + ".ttl", net::renewals_apart_min, milliseconds(std::chrono::hours(24)));
    if (!time) return time.error();
    source.ttl = *time;
  }
  return source;
}

Result<std::string> read_webhook_secret(const Json& value,
                                        const std::string& path,
                                        const fs::path& folder) {
  auto secret = read_secret(value, path, folder);
  if (!secret) return secret;
  const auto fine = net::WebhookSecret::parse(*secret);
  if (!fine) return wrong_setting(path, fine.error().detail);
  return secret;
}

Result<std::string> read_webhook_host(const Json& value, const std::string& path, const fs::path&) {
  auto host = read_text(value, path);
  if (!host) return host;
  const auto fine = net::WebhookRules::make({*host});
  if (!fine) return wrong_setting(path, fine.error().detail);
  return host;
}

Result<void> known_keys(const Json& object,
                        const std::string& path,
                        const std::set<std::string>& known) {
  if (!object.is_object()) return wrong_setting(path, "must be an object");
  for (const auto& [key, value] : object.items()) {
    if (!known.contains(key)) return wrong_setting(path + "." + key, "there is no such setting");
  }
  return {};
}

}  // namespace parlance
