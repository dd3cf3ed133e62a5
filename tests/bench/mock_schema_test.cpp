#include "bench/mock/schema.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace parlance::bench {
namespace {

Json fitting(const std::string& schema) {
  return fitting_value(Json::parse(schema), "hi");
}

TEST_CASE("a value is of the type that the schema names") {
  CHECK(fitting(R"({"type":"string"})") == "hi");
  CHECK(fitting(R"({"type":"number"})") == 42);
  CHECK(fitting(R"({"type":"boolean"})") == true);
  CHECK(fitting(R"({"type":"null"})") == nullptr);
  CHECK(fitting(R"({"type":["integer","null"]})") == 42);
  CHECK(fitting(R"({"type":"array","items":{"type":"integer"}})") == Json::array({42}));
  CHECK(fitting("{}") == "hi");
  CHECK(fitting("true") == "hi");
}

TEST_CASE("a value keeps to const, enum and bounds") {
  CHECK(fitting(R"({"type":"string","const":"one"})") == "one");
  CHECK(fitting(R"({"type":"string","enum":["two","three"]})") == "two");
  CHECK(fitting(R"({"type":"integer","minimum":50})") == 50);
  CHECK(fitting(R"({"type":"number","maximum":1.5})") == 1.5);
  CHECK(fitting(R"({"type":"integer","minimum":0,"maximum":100})") == 42);
}

TEST_CASE("an object has all properties, and anyOf takes its first") {
  const auto value = fitting(R"({"properties":{
    "name":{"type":"string"},
    "size":{"anyOf":[{"type":"integer"},{"type":"null"}]},
    "tags":{"items":{"enum":["a","b"]}}}})");
  CHECK(value == Json::parse(R"({"name":"hi","size":42,"tags":["a"]})"));
  CHECK(fitting(R"({"type":"object"})") == Json::object());
}

TEST_CASE("$ref leads to a place in the schema") {
  const std::string place = R"({"$defs":{"Place":{"type":"object","properties":{"city":{}}}},)";
  CHECK(fitting(place + R"("$ref":"#/$defs/Place"})") == Json::parse(R"({"city":"hi"})"));
  CHECK(fitting(place + R"("items":{"$ref":"#/$defs/Place"}})")[0]["city"] == "hi");
  CHECK(fitting(R"({"$ref":"#/$defs/Nowhere"})") == "hi");
}

TEST_CASE("a schema that contains itself ends") {
  const auto list = fitting(R"({"type":"object","properties":{
    "next":{"anyOf":[{"$ref":"#"},{"type":"null"}]}}})");
  CHECK(list.dump() ==
        R"({"next":{"next":{"next":{"next":{"next":{"next":{"next":{"next":null}}}}}}}})");
  CHECK(fitting(R"({"$ref":"#"})") == nullptr);
  CHECK(fitting(R"({"anyOf":[{"$ref":"#"}]})") == nullptr);
  std::string wide = R"({"type":"object","properties":{)";
  for (int index = 0; index < 50; ++index) {
    wide += (index == 0 ? "\"p" : ",\"p") + std::to_string(index) + R"(":{"$ref":"#"})";
  }
  CHECK(fitting(wide + "}}").dump().size() < 100'000);
}

}  // namespace
}  // namespace parlance::bench
