#include "runtime/base/units.hpp"

#include <catch2/catch.hpp>

namespace parlance {
namespace {

using std::chrono::milliseconds;

TEST_CASE("durations carry their unit") {
  CHECK(*parse_duration("250ms") == milliseconds{250});
  CHECK(*parse_duration("30s") == milliseconds{30'000});
  CHECK(*parse_duration("5m") == milliseconds{300'000});
  CHECK(*parse_duration("12h") == milliseconds{43'200'000});
  CHECK(*parse_duration("30d") == milliseconds{2'592'000'000});
  CHECK(*parse_duration("0s") == milliseconds{0});
}

TEST_CASE("a duration without a unit, a whole number or an end is refused") {
  for (const auto* text : {"",
                           "30",
                           "s",
                           "1.5s",
                           "-1s",
                           " 1s",
                           "1s ",
                           "1 s",
                           "1S",
                           "1min",
                           "99999999999999999999s",
                           "9223372036854775807d"}) {
    INFO(text);
    const auto duration = parse_duration(text);
    REQUIRE_FALSE(duration);
    CHECK(duration.error().code == ErrorCode::invalid_value);
    CHECK(duration.error().detail.find("with a unit") != std::string::npos);
  }
}

TEST_CASE("sizes are in powers of two") {
  CHECK(*parse_size("17B") == 17);
  CHECK(*parse_size("64KiB") == 65'536);
  CHECK(*parse_size("16MiB") == 16'777'216);
  CHECK(*parse_size("2GiB") == 2'147'483'648);
  CHECK_FALSE(parse_size("64KB"));
  CHECK_FALSE(parse_size("64"));
  CHECK_FALSE(parse_size("18446744073709551615GiB"));
}

TEST_CASE("durations and sizes are shown in the largest unit that leaves a whole number") {
  CHECK(to_text(milliseconds{90'000}) == "90s");
  CHECK(to_text(milliseconds{120'000}) == "2m");
  CHECK(to_text(milliseconds{1'001}) == "1001ms");
  CHECK(to_text(milliseconds{0}) == "0ms");
  CHECK(to_text(milliseconds{172'800'000}) == "2d");
  CHECK(size_to_text(65'536) == "64KiB");
  CHECK(size_to_text(1'000) == "1000B");
}

}  // namespace
}  // namespace parlance
