#include "storage/record_fields.hpp"

#include "storage/record_layouts.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace parlance::storage::testing {

// Since `begun` it has a second field; before `pauses` its third was the same as its first.
struct Sample {
  std::uint64_t first = 0;
  std::uint64_t second = 7;
  std::uint64_t third = 0;
};

void layout(auto& fields, LayoutOf<Sample> auto& sample) {
  fields(sample.first);
  fields.since(LayoutVersion::begun, sample.second);
  fields.since_or(LayoutVersion::pauses, sample.third, sample.first);
}

}  // namespace parlance::storage::testing

using namespace parlance;
using namespace parlance::storage;
using parlance::storage::testing::Sample;

namespace {

template <class Field>
std::string written(const Field& field) {
  std::string bytes;
  FieldWriter write(bytes);
  write(field);
  return bytes;
}

// None: it is not what these bytes, and all of them, say.
template <class Field>
std::optional<Field> read_as(const std::string& bytes,
                             LayoutVersion version = LayoutVersion::newest) {
  FieldReader in(Frame{version, bytes});
  Field field{};
  in(field);
  if (!in.done()) return std::nullopt;
  return field;
}

}  // namespace

TEST_CASE("enumerators have the numbers on disk that storage/keys.hpp names") {
  CHECK(written(Role::system) == "\x01");
  CHECK(written(Role::human) == "\x02");
  CHECK(written(Role::ai) == "\x03");
  CHECK(written(Role::tool) == "\x04");
  CHECK(written(StopReason::stop) == "\x01");
  CHECK(written(StopReason::length) == "\x02");
  CHECK(written(StopReason::tool_calls) == "\x03");
  CHECK(written(StopReason::content_filter) == "\x04");
  CHECK(written(TurnOutcome::finished) == "\x01");
  CHECK(written(TurnOutcome::failed) == "\x02");
  CHECK(written(TurnOutcome::cancelled) == "\x03");
  CHECK(written(TurnOutcome::paused) == "\x04");
  CHECK(written(CheckpointPlace::Kind::step) == std::string(1, '\0'));
  CHECK(written(CheckpointPlace::Kind::input) == "\x01");
  CHECK(written(CheckpointPlace::Kind::start) == "\x02");
  CHECK(written(Counted::reserved) == "\x01");
  CHECK(written(Counted::estimated) == "\x02");
  CHECK(written(Counted::told) == "\x03");
}

TEST_CASE("a number that no enumerator has is a fault") {
  CHECK(read_as<TurnOutcome>("\x04") == TurnOutcome::paused);
  CHECK_FALSE(read_as<TurnOutcome>("\x05"));
  CHECK_FALSE(read_as<TurnOutcome>(std::string(1, '\0')));
  CHECK_FALSE(read_as<TurnOutcome>("\xff"));
  CHECK_FALSE(read_as<TurnOutcome>(""));
  CHECK(read_as<CheckpointPlace::Kind>(std::string(1, '\0')) == CheckpointPlace::Kind::step);
  CHECK_FALSE(read_as<CheckpointPlace::Kind>("\x03"));
}

TEST_CASE("a field that a version did not have keeps its value, or is what was there before") {
  const std::string all = written(Sample{1, 2, 3});
  CHECK(all == "\x01\x02\x03");
  const auto newest = read_as<Sample>(all);
  REQUIRE(newest);
  CHECK(newest->third == 3);
  const auto oldest = read_as<Sample>("\x01", LayoutVersion::oldest);
  REQUIRE(oldest);
  CHECK(oldest->second == 7);
  CHECK(oldest->third == 1);
  CHECK_FALSE(read_as<Sample>("\x01", LayoutVersion::begun));
  CHECK_FALSE(read_as<Sample>("\x01\x02", LayoutVersion::oldest));
}

TEST_CASE("a list is not believed to be longer than its bytes") {
  CHECK(read_as<std::vector<std::string>>(std::string("\x02\x00\x01x", 4)) ==
        std::vector<std::string>{"", "x"});
  CHECK_FALSE(read_as<std::vector<std::string>>(std::string("\x04\x00\x01x", 4)));
  CHECK_FALSE(read_as<Messages>(std::string("\x01\x00\x02\x00\x00", 5)));
}

TEST_CASE("JSON comes back as it was, and what is none is a fault") {
  for (const Json& value : {Json(nullptr), Json::object(), Json::array(), Json{{"a", 1}}})
    CHECK((read_as<Json>(written(value)) == value));
  CHECK_FALSE(read_as<Json>(""));
  CHECK_FALSE(read_as<Json>(std::string(1, '\0')));
  CHECK_FALSE(read_as<Json>("\x02{]"));
  const auto nested = [](std::size_t depth) {
    std::string bytes;
    WireWriter(bytes).bytes(std::string(depth, '[') + std::string(depth, ']'));
    return bytes;
  };
  CHECK(read_as<Json>(nested(json_depth_max)));
  CHECK_FALSE(read_as<Json>(nested(json_depth_max + 1)));
}
