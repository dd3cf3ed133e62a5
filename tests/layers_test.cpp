// Holds the tree to the picture in ARCHITECTURE.md: who may include whom.
//
// runtime is the hub and knows no framework. Every other folder is a rim: it may include runtime,
// itself, and the frameworks it is there to wrap. Only app.*, app/, settings/, commands.*
// and main.cpp include them all.
#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <istream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace parlance {
namespace {

using Names = std::set<std::string, std::less<>>;

// What the path of an #include may begin with: a folder, a library's folder, or the whole name of a
// header that stands in none. Headers of the standard and of the system are always allowed.
const std::map<std::string, Names> allowed{
    {"runtime",
     {"runtime",
      "nlohmann",
      "re2",
      "openssl/evp.h",
      "openssl/hmac.h",
      "openssl/rand.h",
      "openssl/sha.h",
      "openssl/crypto.h"}},
    {"actors", {"runtime", "actors", "caf", "nlohmann"}},
    {"net", {"runtime", "net", "nlohmann", "simdjson.h", "boost", "openssl"}},
    {"storage", {"runtime", "storage", "nlohmann", "rocksdb", "sqlite3.h", "zlib.h"}},
    {"bench", {"runtime", "net", "bench", "nlohmann", "boost", "CLI"}},
};

// What some files of a folder may include, and no other.
struct Exception {
  std::string_view path;
  std::string_view name;
};
constexpr std::array exceptions{Exception{"bench/peers/bare/", "rocksdb"},
                                Exception{"runtime/base/json.cpp", "boost"},
                                Exception{"runtime/base/log", "spdlog"},
                                Exception{"runtime/metrics/", "prometheus"}};

// Libraries with headers outside of a folder: for the check, as good as a folder of their own.
const Names headers_of_libraries{
    "sqlite3.h", "zlib.h", "zstd.h", "jemalloc.h", "libpq-fe.h", "hnswlib.h"};
// Folders of the system's own headers.
const Names system_folders{"sys", "netinet", "arpa", "linux"};

bool is_allowed(std::string_view file, const Names& names, const std::string& included) {
  const auto slash = included.find('/');
  const auto folder = included.substr(0, slash);
  if (slash == std::string::npos)
    return !headers_of_libraries.contains(included) || names.contains(included);
  if (names.contains(included) || names.contains(folder) || system_folders.contains(folder))
    return true;
  for (const auto& exception : exceptions) {
    if (file.starts_with(exception.path) && folder == exception.name) return true;
  }
  return false;
}

// What stands between the quotes or brackets of an #include line.
std::optional<std::string> included_by(std::string_view line) {
  const auto skip_space = [&] {
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  };
  skip_space();
  if (!line.starts_with('#')) return {};
  line.remove_prefix(1);
  skip_space();
  constexpr std::string_view word = "include";
  if (!line.starts_with(word)) return {};
  line.remove_prefix(word.size());
  skip_space();
  if (line.empty() || (line.front() != '"' && line.front() != '<')) return {};
  line.remove_prefix(1);
  return std::string(line.substr(0, line.find_first_of("\">")));
}

// "net/server.cpp:12: actors/messages.hpp" for each #include in `source` that its folder may not
// have.
std::vector<std::string> faults_of(const std::string& file, std::istream& source) {
  const auto& names = allowed.at(file.substr(0, file.find('/')));
  std::vector<std::string> faults;
  std::string line;
  for (int number = 1; std::getline(source, line); ++number) {
    const auto included = included_by(line);
    if (included && !is_allowed(file, names, *included)) {
      faults.push_back(file + ':' + std::to_string(number) + ": " + *included);
    }
  }
  return faults;
}

std::vector<std::string> faults_of(const std::string& file, const std::string& text) {
  std::istringstream source(text);
  return faults_of(file, source);
}

TEST_CASE("folders include only what they may") {
  const std::filesystem::path root{PARLANCE_SOURCE_DIR};
  std::size_t files = 0;
  for (const auto& [folder, names] : allowed) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
      const auto extension = entry.path().extension();
      if (!entry.is_regular_file() || (extension != ".hpp" && extension != ".cpp")) continue;
      ++files;
      std::ifstream source(entry.path());
      for (const auto& fault : faults_of(entry.path().lexically_relative(root).string(), source)) {
        UNSCOPED_INFO(fault);
        CHECK(fault.empty());
      }
    }
  }
  CHECK(files > 40);
}

TEST_CASE("an #include that crosses the picture is found, with file and line") {
  using Faults = std::vector<std::string>;
  CHECK(faults_of("net/server.cpp", "// hello\n#include \"actors/messages.hpp\"\n") ==
        Faults{"net/server.cpp:2: actors/messages.hpp"});
  CHECK(faults_of("runtime/graph/node.hpp", "#include <boost/asio.hpp>\n").size() == 1);
  CHECK(faults_of("runtime/graph/node.hpp", "#include <spdlog/spdlog.h>\n").size() == 1);
  CHECK(faults_of("runtime/graph/node.hpp", "#include <openssl/ssl.h>\n").size() == 1);
  CHECK(faults_of("runtime/graph/node.hpp", "#include \"storage/keys.hpp\"\n").size() == 1);
  CHECK(faults_of("actors/pool.cpp", "  #  include <prometheus/counter.h>\n").size() == 1);
  CHECK(faults_of("net/a.cpp", "#include <sqlite3.h>\n").size() == 1);
  CHECK(faults_of("storage/a.cpp", "#include \"net/a.hpp\"\n").size() == 1);
  CHECK(faults_of("bench/a.cpp", "#include \"actors/a.hpp\"\n").size() == 1);
}

TEST_CASE("what a folder is there to wrap, it may include") {
  CHECK(faults_of("runtime/base/log.cpp", "#include <spdlog/spdlog.h>\n").empty());
  CHECK(faults_of("runtime/metrics/registry.hpp", "#include <prometheus/counter.h>\n").empty());
  CHECK(
      faults_of("storage/fts_index.cpp", "#include <sqlite3.h>\n#include <sys/stat.h>\n").empty());
  CHECK(faults_of("net/a.cpp",
                  "#include <boost/asio.hpp>\n#include <vector>\n#include \"net/a.hpp\"\n")
            .empty());
}

}  // namespace
}  // namespace parlance
