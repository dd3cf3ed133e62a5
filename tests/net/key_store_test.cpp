#include "net/auth/key_store.hpp"

#include "net/auth/key_file.hpp"
#include "runtime/base/json.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

namespace parlance::net {
namespace {

constexpr std::int64_t now_ms = 1'800'000'000'000;

class Folder {
 public:
  std::filesystem::path file() const { return folder_.path() / "keys.json"; }

 private:
  const tests::TempFolder folder_;
};

std::string read(const std::filesystem::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void write(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file) << text;
}

std::string make_key(const std::filesystem::path& file, std::int64_t expires_ms = 0) {
  const auto key = create_key(file, TenantId{"acme"}, {"chat", "admin"}, now_ms, expires_ms);
  REQUIRE(key);
  return *key;
}

bool is_refused(const Result<Caller>& caller) {
  return !caller && caller.error().code == ErrorCode::unauthenticated;
}

TEST_CASE("a key says who calls") {
  const Folder folder;
  const std::string key = make_key(folder.file());
  const auto store = KeyStore::load(folder.file());
  REQUIRE(store);
  const auto caller = store->check(key, now_ms);
  REQUIRE(caller);
  CHECK(caller->tenant.value == "acme");
  CHECK(caller->scopes == std::set<std::string>{"admin", "chat"});
  CHECK(key.starts_with("pk_" + caller->key_id + "_"));
  CHECK(key.size() == 3 + caller->key_id.size() + 1 + 43);
}

TEST_CASE("keys that are not exactly right are refused") {
  const Folder folder;
  const std::string key = make_key(folder.file());
  const std::string other = make_key(folder.file());
  const auto store = KeyStore::load(folder.file());
  REQUIRE(store);
  std::string last_changed = key;
  last_changed.back() = last_changed.back() == 'A' ? 'B' : 'A';
  const std::string mixed = key.substr(0, 20) + other.substr(20);
  const std::string unknown = "pk_0000000000000000_" + key.substr(20);
  for (const std::string& wrong : {std::string(),
                                   std::string("dev"),
                                   std::string("pk_"),
                                   std::string("pk__"),
                                   last_changed,
                                   mixed,
                                   unknown,
                                   key + "A",
                                   " " + key,
                                   key.substr(1),
                                   key + std::string(1, '\0'),
                                   key.substr(0, key.size() - 1),
                                   std::string(100'000, 'x')}) {
    INFO(wrong.substr(0, 80));
    CHECK(is_refused(store->check(wrong, now_ms)));
  }
}

TEST_CASE("an expired or revoked key is refused") {
  const Folder folder;
  const std::string brief = make_key(folder.file(), now_ms + 10);
  const std::string revoked = make_key(folder.file());
  REQUIRE(revoke_key(folder.file(), id_in_key(revoked)));
  const auto store = KeyStore::load(folder.file());
  REQUIRE(store);
  CHECK(store->check(brief, now_ms + 9));
  CHECK(is_refused(store->check(brief, now_ms + 10)));
  CHECK(is_refused(store->check(revoked, now_ms)));
}

TEST_CASE("the file never holds a key, and nobody else may read it") {
  const Folder folder;
  const std::string key = make_key(folder.file());
  const std::string text = read(folder.file());
  CHECK(text.find(key.substr(key.size() - 43)) == std::string::npos);
  CHECK(text.find("\"sha256:") != std::string::npos);
  struct stat status {};
  REQUIRE(::stat(folder.file().c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0600U);
  const auto listed = list_keys(folder.file());
  REQUIRE(listed);
  REQUIRE(listed->size() == 1);
  CHECK(listed->front().created_ms == now_ms);
  CHECK_FALSE(listed->front().is_revoked);
}

TEST_CASE("keys that are made at once are all there") {
  const Folder folder;
  std::vector<std::thread> threads;
  std::atomic<int> made = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 5; ++k) {
        if (create_key(folder.file(), TenantId{"acme"}, {"chat"}, now_ms, 0)) ++made;
      }
    });
  }
  for (auto& thread : threads)
    thread.join();
  CHECK(made == 20);
  const auto listed = list_keys(folder.file());
  REQUIRE(listed);
  CHECK(listed->size() == 20);
}

TEST_CASE("a changed file counts within a second, without a restart") {
  const Folder folder;
  const std::string first = make_key(folder.file());
  const auto store = KeyStore::load(folder.file());
  REQUIRE(store);
  CHECK(store->check(first, now_ms));
  const std::string second = make_key(folder.file());
  CHECK(is_refused(store->check(second, now_ms + 999)));
  CHECK(store->check(second, now_ms + 1'000));
  REQUIRE(revoke_key(folder.file(), id_in_key(first)));
  CHECK(is_refused(store->check(first, now_ms + 2'000)));
}

TEST_CASE("a file that broke or went leaves the keys as they were, until it is good again") {
  const Folder folder;
  const std::string first = make_key(folder.file());
  const std::string good = read(folder.file());
  const auto store = KeyStore::load(folder.file());
  REQUIRE(store);
  write(folder.file(), "{\"keys\": [");
  CHECK(store->check(first, now_ms + 1'000));
  std::filesystem::remove(folder.file());
  CHECK(store->check(first, now_ms + 2'000));
  write(folder.file(), "{\"keys\": []}");
  CHECK(is_refused(store->check(first, now_ms + 3'000)));
  write(folder.file(), good);
  CHECK(store->check(first, now_ms + 4'000));
}

TEST_CASE("a broken file is refused, and what is wrong is named") {
  const std::string hash = "sha256:" + std::string(64, 'a');
  const Json key{{"id", "a1"}, {"hash", hash}, {"tenant", "acme"}, {"scopes", {"chat"}}};
  const auto with = [&](const char* name, const Json& value) {
    Json changed = key;
    changed[name] = value;
    return dump(Json{{"keys", {changed}}});
  };
  CHECK(read_keys(dump(Json{{"keys", {key}}})));
  const std::vector<std::pair<std::string, std::string>> broken{
      {"", ""},
      {"[]", "keys"},
      {"{}", "keys"},
      {"{\"keys\":[1]}", "keys[0]"},
      {with("id", "A_b"), "keys[0].id"},
      {with("hash", "sha256:aa"), "keys[0].hash"},
      {with("hash", "md5:" + std::string(64, 'a')), "keys[0].hash"},
      {with("tenant", "a b"), "keys[0].tenant"},
      {with("scopes", "chat"), "keys[0].scopes"},
      {with("scopes", {1}), "keys[0].scopes"},
      {with("expires_ms", "soon"), "keys[0].expires_ms"},
      {with("created_ms", -1), "keys[0].created_ms"},
      {with("revoked", 1), "keys[0].revoked"},
      {dump(Json{{"keys", {key, key}}}), "keys[1].id"}};
  for (const auto& [text, field] : broken) {
    INFO(text);
    const auto keys = read_keys(text);
    REQUIRE_FALSE(keys);
    CHECK(keys.error().code == ErrorCode::invalid_value);
    CHECK(keys.error().field == field);
  }
  const Folder folder;
  CHECK_FALSE(KeyStore::load(folder.file()));
  write(folder.file(), "{");
  CHECK_FALSE(KeyStore::load(folder.file()));
  CHECK_FALSE(create_key(folder.file(), TenantId{"acme"}, {}, now_ms, 0));
  CHECK(read(folder.file()) == "{");
}

TEST_CASE("a key has a weight and a criticality, also once it is revoked; others have the usual") {
  const Folder folder;
  const CallClass made{7, Criticality::sheddable};
  const auto key = create_key(folder.file(), TenantId{"acme"}, {"chat"}, now_ms, 0, made);
  REQUIRE(key);
  const std::string id(id_in_key(*key));
  const auto usual = make_key(folder.file());
  const auto store = KeyStore::load(folder.file());
  REQUIRE(store);
  CHECK(store->class_of(id) == made);
  CHECK(store->class_of(id_in_key(usual)) == CallClass{});
  CHECK(store->class_of("none") == CallClass{});
  CHECK(store->class_of("") == CallClass{});
  CHECK(KeyStore::dev().class_of(id) == CallClass{});
  REQUIRE(revoke_key(folder.file(), id));
  CHECK(KeyStore::load(folder.file())->class_of(id) == made);
}

TEST_CASE("weights and criticalities that cannot be are refused by their path") {
  const std::string key =
      R"({"keys": [{"id": "a", "tenant": "acme", "scopes": ["chat"], "hash": "sha256:)" +
      std::string(64, '0') + R"(")";
  CHECK(read_keys(key + "}]}"));
  CHECK(read_keys(key + R"(, "weight": 100, "criticality": "high"}]})"));
  for (const char* const weight : {"0", "101", "-1", "1.5", "\"2\"", "1e3", "null"}) {
    INFO(weight);
    const auto read = read_keys(key + R"(, "weight": )" + weight + "}]}");
    REQUIRE_FALSE(read);
    CHECK(read.error().field == "keys[0].weight");
  }
  for (const char* const criticality : {"\"HIGH\"", "\"\"", "1", "null"}) {
    INFO(criticality);
    const auto read = read_keys(key + R"(, "criticality": )" + criticality + "}]}");
    REQUIRE_FALSE(read);
    CHECK(read.error().field == "keys[0].criticality");
  }
}

TEST_CASE("a key cannot be made or revoked for what cannot be") {
  const Folder folder;
  CHECK_FALSE(create_key(folder.file(), TenantId{""}, {"chat"}, now_ms, 0));
  CHECK_FALSE(create_key(folder.file(), TenantId{"acme"}, {"a b"}, now_ms, 0));
  for (const std::uint32_t weight : {0U, 101U})
    CHECK_FALSE(create_key(folder.file(), TenantId{"acme"}, {"chat"}, now_ms, 0, {weight, {}}));
  CHECK_FALSE(create_key("/proc/none/keys.json", TenantId{"acme"}, {"chat"}, now_ms, 0));
  make_key(folder.file());
  const auto revoked = revoke_key(folder.file(), "ffff");
  REQUIRE_FALSE(revoked);
  CHECK(revoked.error().code == ErrorCode::not_found);
}

TEST_CASE("keys are checked from many threads while the file changes") {
  const Folder folder;
  const std::string key = make_key(folder.file());
  auto store = KeyStore::load(folder.file());
  REQUIRE(store);
  std::atomic<bool> is_over = false;
  std::atomic<std::int64_t> clock = now_ms;
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      while (!is_over) {
        if (!store->check(key, clock)) ++refused;
      }
    });
  }
  for (int i = 0; i < 20; ++i) {
    make_key(folder.file());
    clock += 1'000;
  }
  is_over = true;
  for (auto& thread : threads)
    thread.join();
  CHECK(refused == 0);
}

TEST_CASE("a server for development takes no key, or dev") {
  const KeyStore store = KeyStore::dev();
  for (const char* key : {"", "dev"}) {
    const auto caller = store.check(key, now_ms);
    REQUIRE(caller);
    CHECK(caller->tenant.value == "dev");
    CHECK(caller->scopes.contains("admin"));
    CHECK(caller->scopes.contains("chat"));
  }
  CHECK(is_refused(store.check("de", now_ms)));
  CHECK(is_refused(store.check("devx", now_ms)));
}

}  // namespace
}  // namespace parlance::net
