// The file of API keys as it is on disk, and what `parlance keys` does to it.
//
// It is replaced whole: written beside, synced, renamed, mode 0600. A reader sees the old file or
// the new one. Changes hold a lock (a file beside it), so that two commands at once both count.
//
// Threading: functions may be called from any thread; they block on the disk.
#pragma once

#include "runtime/base/ids.hpp"
#include "runtime/base/result.hpp"
#include "runtime/limits/call_class.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace parlance::net {

constexpr std::size_t key_file_bytes_max = 4U << 20U;
constexpr std::size_t keys_max = 10'000;

using KeyHash = std::array<unsigned char, 32>;  // SHA-256 of the whole key

struct KeyRecord {
  std::string id;
  KeyHash hash{};
  TenantId tenant;
  std::set<std::string> scopes;
  std::int64_t created_ms = 0;
  std::int64_t expires_ms = 0;  // since 1970; 0: never
  bool is_revoked = false;
  CallClass call_class{};
};

KeyHash hash_key(std::string_view key);

// The id inside `pk_<id>_<43 characters>`; empty when `key` is not of that form.
std::string_view id_in_key(std::string_view key);

// Errors: invalid_value, naming the path inside the file that is wrong.
Result<std::vector<KeyRecord>> read_keys(std::string_view text);

// The same from disk; also invalid_value when there is no such file.
Result<std::vector<KeyRecord>> list_keys(const std::filesystem::path& file);

// Adds a key, making the file where there is none, and returns the key's text: the only time that
// anybody sees it. Errors: invalid_value; storage_failed when the file cannot be written.
Result<std::string> create_key(const std::filesystem::path& file,
                               const TenantId& tenant,
                               const std::set<std::string>& scopes,
                               std::int64_t created_ms,
                               std::int64_t expires_ms,
                               const CallClass& call_class = {});

// Errors: not_found for an id that the file does not have; as above.
Result<void> revoke_key(const std::filesystem::path& file, std::string_view id);

}  // namespace parlance::net
