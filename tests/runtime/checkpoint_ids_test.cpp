#include "runtime/journal/checkpoint_ids.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <vector>

namespace parlance {
namespace {

using Kind = CheckpointPlace::Kind;

constexpr std::uint64_t made_at = (std::uint64_t{1'800'000'000'000} << 20U) | 0x12345U;

ThreadKey key(const std::string& thread = "t1", const std::string& tenant = "acme") {
  return {TenantId{tenant}, ThreadId{thread}};
}

std::vector<CheckpointPlace> places() {
  return {{1, Kind::input},
          {1, Kind::start},
          {2, Kind::step},
          {3, Kind::input},
          {1'000'000, Kind::step},
          {std::uint64_t{1} << 40U, Kind::start}};
}

TEST_CASE("a checkpoint's id is a UUID of version 6 that leads back to its place") {
  const CheckpointIds ids(key(), made_at);
  for (const auto place : places()) {
    const auto id = ids.id_of(place);
    INFO(id);
    CHECK(is_uuid(id));
    CHECK(id[14] == '6');
    CHECK((ids.place_of(id) == place));
    CHECK(id == CheckpointIds(key(), made_at).id_of(place));
    auto upper = id;
    std::transform(upper.begin(), upper.end(), upper.begin(), [](char c) {
      return c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    CHECK((ids.place_of(upper) == place));
  }
}

TEST_CASE("checkpoint ids sort as their states came about") {
  const CheckpointIds ids(key(), made_at);
  std::vector<std::string> sorted;
  for (const auto place : places())
    sorted.push_back(ids.id_of(place));
  sorted.push_back(
      CheckpointIds(key("t2"), made_at + (std::uint64_t{1} << 60U)).id_of(places()[0]));
  CHECK(std::is_sorted(sorted.begin(), sorted.end()));
}

TEST_CASE("the ids of another thread, tenant or incarnation, and made-up ones, lead nowhere") {
  const CheckpointIds ids(key(), made_at);
  for (const auto place : places()) {
    CHECK_FALSE(ids.place_of(CheckpointIds(key("t2"), made_at).id_of(place)));
    CHECK_FALSE(ids.place_of(CheckpointIds(key("t1", "evil"), made_at).id_of(place)));
    CHECK_FALSE(ids.place_of(CheckpointIds(key(), made_at + 1).id_of(place)));
    auto id = ids.id_of(place);
    for (const std::size_t at : {14U, 19U, 24U, 35U}) {
      auto other = id;
      other[at] = other[at] == '8' ? '9' : '8';
      CHECK_FALSE(ids.place_of(other));
    }
  }
  // The layout has no fourth kind, and no place before the first.
  for (const char* const word : {"", "zz", "00000000-0000-6000-8000-000000000000"})
    CHECK_FALSE(ids.place_of(word));
  CHECK_FALSE(ids.place_of(random_uuid()));
}

TEST_CASE("the layout of checkpoint ids is the one that is written down") {
  // 1582 to 2027-01-15T08:00:00Z in steps of 100 ns, plus 4·2 + 0
  const auto id = CheckpointIds(key(), made_at).id_of({2, Kind::step});
  CHECK(id.substr(0, 18) == "1f210b9a-9764-6008");
}

}  // namespace
}  // namespace parlance
