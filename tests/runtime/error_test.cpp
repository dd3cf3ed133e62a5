#include "runtime/base/error.hpp"

#include "runtime/base/result.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <set>
#include <sstream>
#include <string>

namespace parlance {
namespace {

std::string file_text(const std::string& path) {
  std::ifstream file(std::string(PARLANCE_SOURCE_DIR) + '/' + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST_CASE("the error codes are those that users were told of") {
  std::ostringstream list;
  for (const auto& kind : all_error_kinds()) {
    list << kind.name << ' ' << kind.http_status << ' ' << (kind.retry_helps ? "retry" : "no-retry")
         << '\n';
  }
  CHECK(list.str() == file_text("tests/golden/errors.txt"));
}

TEST_CASE("every error code is explained in docs/errors.md") {
  const auto page = file_text("docs/errors.md");
  for (const auto& kind : all_error_kinds()) {
    INFO(kind.name);
    const auto begin = page.find("### " + std::string(kind.name) + '\n');
    REQUIRE(begin != std::string::npos);
    const auto section = page.substr(begin, page.find("\n#", begin) - begin);
    CHECK(section.find("\n\nWhat to do: ") != std::string::npos);
    CHECK(section.find("\n\nStatus " + std::to_string(kind.http_status) +
                       (kind.retry_helps ? ", retry.\n" : ", no retry.\n")) != std::string::npos);
  }
}

TEST_CASE("the table stands in the order of the codes, each name once") {
  std::set<std::string_view> names;
  for (const auto& kind : all_error_kinds()) {
    INFO(kind.name);
    CHECK(&kind_of(kind.code) == &kind);
    CHECK(error_code_from(kind.name) == kind.code);
    CHECK(names.insert(kind.name).second);
    CHECK_FALSE(kind.advice.empty());
    CHECK(kind.http_status >= 400);
    CHECK(kind.http_status < 600);
    if (kind.retry_after.count() > 0) CHECK(kind.retry_helps);
  }
  CHECK(error_code_from("no_such_code") == ErrorCode::internal);
}

TEST_CASE("an error's own advice goes before the table's") {
  using std::chrono::milliseconds;
  CHECK(retry_after({ErrorCode::mailbox_full, {}, {}, {}}) == milliseconds{1'000});
  CHECK(retry_after({ErrorCode::mailbox_full, {}, {}, milliseconds{70}}) == milliseconds{70});
  CHECK(retry_after({ErrorCode::invalid_value, {}, {}, {}}) == milliseconds{0});
}

TEST_CASE("a result is its value or the error in its place") {
  const Result<int> seven = 7;
  REQUIRE(seven);
  CHECK(*seven == 7);
  const Result<int> none = Error{ErrorCode::not_found, "no", {}, {}};
  REQUIRE_FALSE(none);
  CHECK(none.error().code == ErrorCode::not_found);
  const Result<void> done;
  CHECK(done);
  const Result<void> not_done = Error{ErrorCode::internal, {}, {}, {}};
  CHECK_FALSE(not_done);
}

}  // namespace
}  // namespace parlance
