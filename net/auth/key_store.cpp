#include "net/auth/key_store.hpp"

#include "net/auth/key_file.hpp"
#include "runtime/base/log.hpp"

#include <openssl/crypto.h>
#include <sys/stat.h>

#include <atomic>
#include <map>
#include <mutex>
#include <utility>

namespace parlance::net {
namespace {

constexpr std::int64_t look_interval_ms = 1'000;

using Keys = std::map<std::string, KeyRecord, std::less<>>;

Error refused(std::string detail) {
  return Error{ErrorCode::unauthenticated, std::move(detail), {}, {}};
}

// What tells one state of the file from another; a rename changes the inode.
struct FileMark {
  std::uint64_t inode = 0;
  std::int64_t bytes = 0;
  std::int64_t seconds = 0;
  std::int64_t nanoseconds = 0;

  bool operator==(const FileMark&) const = default;
};

FileMark mark_of(const std::filesystem::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return {};
  return {status.st_ino, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
}

Result<std::shared_ptr<const Keys>> keys_of(const std::filesystem::path& file) {
  auto listed = list_keys(file);
  if (!listed) return listed.error();
  auto keys = std::make_shared<Keys>();
  for (auto& record : *listed)
    keys->emplace(record.id, std::move(record));
  return std::shared_ptr<const Keys>(std::move(keys));
}

bool is_same(const KeyHash& left, const KeyHash& right) {
  return CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace

// The keys of a file, and when it was last looked at.
//
// Threading: from any thread; one of them looks at the file while the others go on with the keys
// that they have.
class KeyStore::Watched {
 public:
  Watched(std::filesystem::path file, FileMark mark, std::shared_ptr<const Keys> keys)
      : file_(std::move(file)),
        mark_(mark),
        keys_(std::move(keys)) {}

  std::shared_ptr<const Keys> keys(std::int64_t now_ms) {
    std::int64_t looked_ms = looked_ms_.load();
    const bool is_due = now_ms - looked_ms >= look_interval_ms || now_ms < looked_ms;
    if (is_due && looked_ms_.compare_exchange_strong(looked_ms, now_ms)) look();
    return newest();
  }

  // As they were read last.
  std::shared_ptr<const Keys> newest() {
    const std::scoped_lock lock(keys_mutex_);
    return keys_;
  }

 private:
  void look() {
    const std::scoped_lock lock(file_mutex_);
    const FileMark mark = mark_of(file_);
    if (mark == mark_) return;
    mark_ = mark;
    auto read = keys_of(file_);
    if (read) {
      log_info("keys_read", {{"keys", (*read)->size()}});
      const std::scoped_lock keys_lock(keys_mutex_);
      keys_ = std::move(*read);
    } else {
      log_error("keys_not_read", {{"why", read.error().detail}, {"field", read.error().field}});
    }
  }

  const std::filesystem::path file_;
  std::atomic<std::int64_t> looked_ms_{0};
  std::mutex file_mutex_;
  FileMark mark_;  // guarded by file_mutex_
  std::mutex keys_mutex_;
  std::shared_ptr<const Keys> keys_;  // guarded by keys_mutex_
};

KeyStore::KeyStore(std::unique_ptr<Watched> watched) : watched_(std::move(watched)) {}
KeyStore::KeyStore(KeyStore&&) noexcept = default;
KeyStore& KeyStore::operator=(KeyStore&&) noexcept = default;
KeyStore::~KeyStore() = default;

Result<KeyStore> KeyStore::load(const std::filesystem::path& file) {
  const FileMark mark = mark_of(file);  // before it is read: a change in between is seen later
  auto keys = keys_of(file);
  if (!keys) return keys.error();
  return KeyStore(std::make_unique<Watched>(file, mark, std::move(*keys)));
}

KeyStore KeyStore::dev() {
  return KeyStore(nullptr);
}

Result<Caller> KeyStore::check(std::string_view key, std::int64_t now_ms) const {
  if (!watched_) {
    if (!key.empty() && key != "dev") return refused("this server takes no key, or `dev`");
    return Caller{TenantId{"dev"}, "dev", {"admin", "chat", "metrics"}};
  }
  const std::string_view id = id_in_key(key);
  if (id.empty()) return refused(key.empty() ? "there is no key" : "this is not a valid key");
  const auto keys = watched_->keys(now_ms);
  const auto found = keys->find(id);
  const bool is_known = found != keys->end();
  static constexpr KeyHash nobody{};
  const bool is_right = is_same(hash_key(key), is_known ? found->second.hash : nobody);
  if (!is_known || !is_right) return refused("this is not a valid key");
  const KeyRecord& record = found->second;
  if (record.is_revoked) return refused("the key has been revoked");
  if (record.expires_ms != 0 && now_ms >= record.expires_ms) return refused("the key has expired");
  return Caller{record.tenant, record.id, record.scopes};
}

CallClass KeyStore::class_of(std::string_view key_id) const {
  if (!watched_) return {};
  const auto keys = watched_->newest();
  const auto found = keys->find(key_id);
  return found == keys->end() ? CallClass{} : found->second.call_class;
}

}  // namespace parlance::net
