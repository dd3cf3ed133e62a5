// API keys: who is asking, and what they may do.
//
// A key is `pk_<id>_<43 characters>`, the last part 32 random bytes as base64url, shown once when
// it is made. The file keeps its SHA-256 alone:
//
//   {"keys": [{"id": "…", "hash": "sha256:…", "tenant": "acme", "scopes": ["chat", "admin"],
//              "created_ms": 1, "expires_ms": 0, "revoked": false,
//              "weight": 1, "criticality": "normal"}]}
//
// A key is found by its id and compared by hash in constant time; an unknown id is compared too, so
// that the time taken tells nothing. expires_ms 0 means never. The last two may be absent.
//
// The file is read again when it has changed, looked at once a second at most; while it is broken
// the keys that were read before stay in force, and each look that finds a new fault is logged.
//
// Threading: check() and class_of() from any thread; class_of() never looks at the file.
//
// Bounds: files of 4 MiB, 10,000 keys.
#pragma once

#include "runtime/base/ids.hpp"
#include "runtime/base/result.hpp"
#include "runtime/limits/call_class.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace parlance::net {

struct Caller {
  TenantId tenant;
  std::string key_id;
  std::set<std::string> scopes;
};

class KeyStore {
 public:
  // Errors: invalid_value, when the file does not exist or is not a key file.
  static Result<KeyStore> load(const std::filesystem::path& file);

  // For a server on loopback: no key, or exactly `dev`, is tenant "dev" with every scope.
  static KeyStore dev();

  KeyStore(KeyStore&&) noexcept;
  KeyStore& operator=(KeyStore&&) noexcept;
  ~KeyStore();

  bool takes_no_key() const { return !watched_; }

  // Errors: unauthenticated, for a key that is malformed, unknown, expired or revoked; the detail
  // says which only where the key itself was right.
  Result<Caller> check(std::string_view key, std::int64_t now_ms) const;

  // Of the key with this id, in force or not; the usual one when there is none.
  CallClass class_of(std::string_view key_id) const;

 private:
  class Watched;

  explicit KeyStore(std::unique_ptr<Watched> watched);

  std::unique_ptr<Watched> watched_;  // null: dev
};

}  // namespace parlance::net
