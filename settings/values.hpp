// Reading one value of the configuration, and saying what is wrong with it.
//
// Threading: pure, but for secrets, which are read from where they are.
#pragma once

#include "net/credentials/credential.hpp"
#include "runtime/base/json.hpp"
#include "runtime/base/result.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>

namespace parlance {

// Names the value by its path: "models.main[0].model".
Error wrong_setting(const std::string& path, const std::string& reason);

Result<std::uint64_t> read_count(const Json& value,
                                 const std::string& path,
                                 std::uint64_t min,
                                 std::uint64_t max);
Result<std::chrono::milliseconds> read_duration(const Json& value,
                                                const std::string& path,
                                                std::chrono::milliseconds min,
                                                std::chrono::milliseconds max);
Result<std::uint64_t> read_size(const Json& value,
                                const std::string& path,
                                std::uint64_t min,
                                std::uint64_t max);
Result<std::string> read_text(const Json& value, const std::string& path);

// Texts of a kind: each takes the configuration's folder, whether it needs it or not.
Result<std::string> read_origin(const Json& value,
                                const std::string& path,
                                const std::filesystem::path& folder);
Result<std::string> read_address(const Json& value,
                                 const std::string& path,
                                 const std::filesystem::path& folder);
Result<std::string> read_webhook_secret(const Json& value,
                                        const std::string& path,
                                        const std::filesystem::path& folder);
Result<std::string> read_webhook_host(const Json& value,
                                      const std::string& path,
                                      const std::filesystem::path& folder);

// Where a secret is; not whether it can be read.
Result<net::CredentialSource> read_credential_source(const Json& value,
                                                     const std::string& path,
                                                     const std::filesystem::path& folder);

// An object that has no other members.
Result<void> known_keys(const Json& object,
                        const std::string& path,
                        const std::set<std::string>& known);

}  // namespace parlance
