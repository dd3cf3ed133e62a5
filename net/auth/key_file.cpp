#include "net/auth/key_file.hpp"

#include "runtime/base/json.hpp"

#include <fcntl.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>

namespace parlance::net {
namespace {

constexpr std::string_view key_prefix = "pk_";
constexpr std::size_t secret_bytes = 32;
constexpr std::size_t secret_chars = 43;
constexpr std::size_t id_bytes = 8;
constexpr std::size_t id_chars_max = 64;
constexpr std::size_t scopes_max = 32;
constexpr std::string_view hash_prefix = "sha256:";
constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view base64url_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

Error wrong(std::string detail, std::string field) {
  return Error{ErrorCode::invalid_value, std::move(detail), std::move(field), {}};
}

Error not_written(const std::filesystem::path& file, int number) {
  return Error{ErrorCode::storage_failed,
               "cannot write " + file.string() + ": " + std::generic_category().message(number),
               {},
               {}};
}

// What may stand between the underscores of a key.
bool is_key_id(std::string_view id) {
  return !id.empty() && id.size() <= id_chars_max && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  });
}

std::string as_hex(const unsigned char* bytes, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text += hex_digits[bytes[i] >> 4U];
    text += hex_digits[bytes[i] & 15U];
  }
  return text;
}

std::string as_base64url(const std::array<unsigned char, secret_bytes>& bytes) {
  std::string text;
  std::uint32_t bits = 0;
  unsigned bits_held = 0;
  for (const unsigned char byte : bytes) {
    bits = (bits << 8U) | byte;
    bits_held += 8;
    while (bits_held >= 6) {
      bits_held -= 6;
      text += base64url_digits[(bits >> bits_held) & 63U];
    }
  }
  if (bits_held > 0) text += base64url_digits[(bits << (6 - bits_held)) & 63U];
  return text;
}

std::optional<KeyHash> read_hash(std::string_view text) {
  KeyHash hash{};
  if (!text.starts_with(hash_prefix)) return std::nullopt;
  text.remove_prefix(hash_prefix.size());
  if (text.size() != hash.size() * 2) return std::nullopt;
  for (std::size_t i = 0; i < hash.size(); ++i) {
    const auto high = hex_digits.find(text[2 * i]);
    const auto low = hex_digits.find(text[2 * i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    hash[i] = static_cast<unsigned char>(high * 16 + low);
  }
  return hash;
}

Result<std::int64_t> read_time(const Json& key, const char* name, const std::string& path) {
  const auto found = key.find(name);
  if (found == key.end()) return std::int64_t{0};
  if (!found->is_number_integer() || found->get<std::int64_t>() < 0) {
    return wrong("must be milliseconds since 1970", path + "." + name);
  }
  return found->get<std::int64_t>();
}

Result<std::set<std::string>> read_scopes(const Json& key, const std::string& path) {
  std::set<std::string> scopes;
  const auto found = key.find("scopes");
  if (found == key.end() || !found->is_array() || found->size() > scopes_max) {
    return wrong("must be a list of scopes", path + ".scopes");
  }
  for (const auto& scope : *found) {
    if (!scope.is_string()) return wrong("must be a list of scopes", path + ".scopes");
    scopes.insert(scope.get<std::string>());
  }
  return scopes;
}

Result<CallClass> read_class(const Json& key, const std::string& path) {
  CallClass read;
  if (const auto weight = key.find("weight"); weight != key.end()) {
    const bool is_count = weight->is_number_unsigned() && weight->get<std::uint64_t>() >= 1 &&
                          weight->get<std::uint64_t>() <= CallClass::weight_max;
    if (!is_count) return wrong("must be 1 to 100", path + ".weight");
    read.weight = weight->get<std::uint32_t>();
  }
  if (const auto named = key.find("criticality"); named != key.end()) {
    const auto criticality =
        named->is_string() ? criticality_from(named->get<std::string>()) : std::nullopt;
    if (!criticality) return wrong("must be sheddable, normal or high", path + ".criticality");
    read.criticality = *criticality;
  }
  return read;
}

Result<KeyRecord> read_record(const Json& key, const std::string& path) {
  if (!key.is_object()) return wrong("must be an object", path);
  const auto text_at = [&](const char* name) {
    const auto found = key.find(name);
    return found != key.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  KeyRecord record;
  record.id = text_at("id");
  if (!is_key_id(record.id)) return wrong("must be 1 to 64 of a-z and 0-9", path + ".id");
  const auto hash = read_hash(text_at("hash"));
  if (!hash) return wrong("must be sha256: and 64 hexadecimal digits", path + ".hash");
  record.hash = *hash;
  record.tenant.value = text_at("tenant");
  if (!is_identifier(record.tenant.value)) return wrong("must be a tenant", path + ".tenant");
  auto scopes = read_scopes(key, path);
  if (!scopes) return scopes.error();
  record.scopes = std::move(*scopes);
  const auto created = read_time(key, "created_ms", path);
  if (!created) return created.error();
  record.created_ms = *created;
  const auto expires = read_time(key, "expires_ms", path);
  if (!expires) return expires.error();
  record.expires_ms = *expires;
  const auto revoked = key.find("revoked");
  if (revoked != key.end() && !revoked->is_boolean()) {
    return wrong("must be true or false", path + ".revoked");
  }
  record.is_revoked = revoked != key.end() && revoked->get<bool>();
  const auto call_class = read_class(key, path);
  if (!call_class) return call_class.error();
  record.call_class = *call_class;
  return record;
}

std::string text_of(const std::vector<KeyRecord>& keys) {
  Json list = Json::array();
  for (const auto& key : keys) {
    list.push_back({{"id", key.id},
                    {"hash", std::string(hash_prefix) + as_hex(key.hash.data(), key.hash.size())},
                    {"tenant", key.tenant.value},
                    {"scopes", key.scopes},
                    {"created_ms", key.created_ms},
                    {"expires_ms", key.expires_ms},
                    {"revoked", key.is_revoked},
                    {"weight", key.call_class.weight},
                    {"criticality", to_string(key.call_class.criticality)}});
  }
  return Json{{"keys", std::move(list)}}.dump(2) + "\n";
}

// A file descriptor that is closed with its scope.
class OpenFile {
 public:
  OpenFile(const std::filesystem::path& file, int flags)
      : number_(::open(file.c_str(), flags | O_CLOEXEC, S_IRUSR | S_IWUSR)) {}
  ~OpenFile() {
    if (number_ >= 0) ::close(number_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  int number() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }

 private:
  int number_;
};

bool write_all(int number, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(number, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

Result<void> replace_file(const std::filesystem::path& file, std::string_view text) {
  const std::filesystem::path beside = file.string() + ".new";
  {
    const OpenFile opened(beside, O_WRONLY | O_CREAT | O_TRUNC);
    if (!opened) return not_written(beside, errno);
    const bool is_written = ::fchmod(opened.number(), S_IRUSR | S_IWUSR) == 0 &&
                            write_all(opened.number(), text) && ::fsync(opened.number()) == 0;
    if (!is_written) return not_written(beside, errno);
  }
  if (::rename(beside.c_str(), file.c_str()) != 0) return not_written(file, errno);
  const auto folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  const OpenFile opened(folder, O_RDONLY | O_DIRECTORY);
  if (!opened || ::fsync(opened.number()) != 0) return not_written(folder, errno);
  return {};
}

// Reads the keys, lets `change` alter them, and writes them, while nobody else does.
template <class Change>
Result<void> change_keys(const std::filesystem::path& file, Change change) {
  std::error_code ignored;
  if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path(), ignored);
  const std::filesystem::path lock_file = file.string() + ".lock";
  const OpenFile lock(lock_file, O_RDWR | O_CREAT);
  if (!lock || ::flock(lock.number(), LOCK_EX) != 0) return not_written(lock_file, errno);
  std::vector<KeyRecord> keys;
  if (std::filesystem::exists(file, ignored)) {
    auto listed = list_keys(file);
    if (!listed) return listed.error();
    keys = std::move(*listed);
  }
  if (const Result<void> changed = change(keys); !changed) return changed;
  return replace_file(file, text_of(keys));
}

}  // namespace

KeyHash hash_key(std::string_view key) {
  KeyHash hash{};
  SHA256(reinterpret_cast<const unsigned char*>(key.data()), key.size(), hash.data());
  return hash;
}

std::string_view id_in_key(std::string_view key) {
  if (!key.starts_with(key_prefix)) return {};
  key.remove_prefix(key_prefix.size());
  const std::size_t end = key.find('_');
  if (end == std::string_view::npos) return {};
  const std::string_view secret = key.substr(end + 1);
  const bool is_form = secret.size() == secret_chars && is_key_id(key.substr(0, end)) &&
                       secret.find_first_not_of(base64url_digits) == std::string_view::npos;
  return is_form ? key.substr(0, end) : std::string_view();
}

Result<std::vector<KeyRecord>> read_keys(std::string_view text) {
  constexpr std::size_t depth_max = 8;
  const auto parsed = parse_json(text, depth_max);
  if (!parsed) return wrong("the key file is broken: " + parsed.error().detail, "");
  const auto list = parsed->is_object() ? parsed->find("keys") : parsed->end();
  if (!parsed->is_object() || list == parsed->end() || !list->is_array()) {
    return wrong("must be a list", "keys");
  }
  if (list->size() > keys_max) return wrong("too many keys", "keys");
  std::vector<KeyRecord> keys;
  std::set<std::string> ids;
  for (const auto& key : *list) {
    const std::string path = "keys[" + std::to_string(keys.size()) + "]";
    auto record = read_record(key, path);
    if (!record) return record.error();
    if (!ids.insert(record->id).second) return wrong("stands there twice", path + ".id");
    keys.push_back(std::move(*record));
  }
  return keys;
}

Result<std::vector<KeyRecord>> list_keys(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return wrong("cannot read the key file " + file.string(), "");
  std::string text(key_file_bytes_max + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() > key_file_bytes_max) return wrong("the key file is too large", "");
  return read_keys(text);
}

Result<std::string> create_key(const std::filesystem::path& file,
                               const TenantId& tenant,
                               const std::set<std::string>& scopes,
                               std::int64_t created_ms,
                               std::int64_t expires_ms,
                               const CallClass& call_class) {
  if (!is_identifier(tenant.value))
    return wrong("must be 1 to 128 of A-Z a-z 0-9 . _ : -", "tenant");
  if (scopes.size() > scopes_max || !std::all_of(scopes.begin(), scopes.end(), is_identifier)) {
    return wrong("must be a list of scopes", "scopes");
  }
  if (created_ms < 0 || expires_ms < 0) return wrong("must not be negative", "expires");
  if (call_class.weight < 1 || call_class.weight > CallClass::weight_max)
    return wrong("must be 1 to 100", "weight");
  std::array<unsigned char, id_bytes> id{};
  std::array<unsigned char, secret_bytes> secret{};
  if (RAND_bytes(id.data(), static_cast<int>(id.size())) != 1 ||
      RAND_bytes(secret.data(), static_cast<int>(secret.size())) != 1) {
    return Error{ErrorCode::internal, "there is no randomness", {}, {}};
  }
  KeyRecord record;
  record.id = as_hex(id.data(), id.size());
  std::string key = std::string(key_prefix) + record.id + "_" + as_base64url(secret);
  record.hash = hash_key(key);
  record.tenant = tenant;
  record.scopes = scopes;
  record.created_ms = created_ms;
  record.expires_ms = expires_ms;
  record.call_class = call_class;
  const auto changed = change_keys(file, [&](std::vector<KeyRecord>& keys) -> Result<void> {
    if (keys.size() >= keys_max) return wrong("the key file is full", "keys");
    keys.push_back(record);
    return {};
  });
  if (!changed) return changed.error();
  return key;
}

Result<void> revoke_key(const std::filesystem::path& file, std::string_view id) {
  return change_keys(file, [&](std::vector<KeyRecord>& keys) -> Result<void> {
    const auto found =
        std::find_if(keys.begin(), keys.end(), [&](const KeyRecord& key) { return key.id == id; });
    if (found == keys.end()) return Error{ErrorCode::not_found, "there is no such key", "id", {}};
    found->is_revoked = true;
    return {};
  });
}

}  // namespace parlance::net
