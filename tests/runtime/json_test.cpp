#include "runtime/base/json.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace parlance {
namespace {

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

TEST_CASE("well-formed UTF-8 is accepted") {
  for (const auto* text : {"",
                           "plain",
                           "gr\xC3\xBC\xC3\x9F",
                           "\xE2\x82\xAC",
                           "\xED\x9F\xBF",
                           "\xEE\x80\x80",
                           "\xF0\x9F\x98\x80",
                           "\xF4\x8F\xBF\xBF"}) {
    INFO(text);
    CHECK(is_utf8(text));
  }
  CHECK(is_utf8(std::string_view("a\0b", 3)));
}

TEST_CASE("overlong forms, surrogates, strays and cut sequences are not UTF-8") {
  for (const auto* text : {"\x80",
                           "\xBF",
                           "\xC0\x80",
                           "\xC1\xBF",
                           "\xC3",
                           "\xC3(",
                           "\xE0\x80\x80",
                           "\xE0\x9F\xBF",
                           "\xE2\x82",
                           "\xE2(\xA1",
                           "\xED\xA0\x80",
                           "\xED\xBF\xBF",
                           "\xF0\x80\x80\x80",
                           "\xF0\x8F\xBF\xBF",
                           "\xF0\x9F\x98",
                           "\xF4\x90\x80\x80",
                           "\xF5\x80\x80\x80",
                           "\xFE",
                           "\xFF",
                           "ok\xFFok"}) {
    CHECK_FALSE(is_utf8(text));
  }
}

TEST_CASE("JSON is nested as deep as allowed, and no deeper") {
  CHECK(parse_json(nested(8), 8));
  const auto deeper = parse_json(nested(9), 8);
  REQUIRE_FALSE(deeper);
  CHECK(deeper.error().code == ErrorCode::too_deep);
  CHECK(parse_json(nested(1'000'000), 64).error().code == ErrorCode::too_deep);
}

TEST_CASE("brackets inside strings do not count as nesting") {
  CHECK(parse_json(R"({"a": "[[[[[[[[", "b": "\"[[["})", 2));
  CHECK(parse_json(R"(["\\", [1]])", 2));
  CHECK(parse_json("[[],[],[[]]]", 3));
}

TEST_CASE("text that is not JSON is malformed, whatever is wrong with it") {
  for (const auto* text : {"",
                           " ",
                           "{",
                           "}",
                           "[1,]",
                           "{\"a\":}",
                           "nul",
                           "'a'",
                           "1 2",
                           "]]]]",
                           "\"\\ud800\"",
                           "{\"a\":1}x",
                           "// comment\n1",
                           "\"\x01\""}) {
    INFO(text);
    const auto json = parse_json(text, 8);
    REQUIRE_FALSE(json);
    CHECK(json.error().code == ErrorCode::malformed_json);
  }
  CHECK_FALSE(parse_json(std::string_view("{}\0", 3), 8));
  CHECK(parse_json("\"\xFF\"", 8).error().code == ErrorCode::not_utf8);
}

TEST_CASE("numbers keep their kind and every bit") {
  CHECK(parse_json("18446744073709551615", 1)->get<std::uint64_t>() == UINT64_MAX);
  CHECK(parse_json("-9223372036854775808", 1)->get<std::int64_t>() == INT64_MIN);
  CHECK(parse_json("1", 1)->is_number_unsigned());
  CHECK(parse_json("-1", 1)->is_number_integer());
  CHECK(parse_json("1.0", 1)->is_number_float());
  for (const double number :
       {0.1, 2.2250738585072014e-308, 5e-324, 1.7976931348623157e308, 1.0 / 3}) {
    CHECK(parse_json(dump(Json(number)), 1)->get<double>() == number);
  }
  CHECK(parse_json("[123456789012345678901234567890, -0.0, 1e-400]", 1)->dump() ==
        "[1.2345678901234568e+29,-0.0,0.0]");
  CHECK(parse_json("[1e400]", 1).error().code == ErrorCode::malformed_json);
}

TEST_CASE("texts and members are read as they are written") {
  CHECK(*parse_json(R"({"a": 1, "b": {"a": [true, null]}, "a": 2})", 3) ==
        Json({{"a", 2}, {"b", {{"a", {true, nullptr}}}}}));
  CHECK(*parse_json(R"({"\u00fc\n": "\ud83d\ude00 \"\\"})", 1) ==
        Json({{"\u00fc\n", "\U0001F600 \"\\"}}));
  const std::string long_text(100'000, 'x');
  CHECK(*parse_json(" \"" + long_text + "\" ", 1) == long_text);
}

TEST_CASE("a dump is one line and never throws") {
  CHECK(dump({{"a", "x\ny"}}) == R"({"a":"x\ny"})");
  CHECK(dump(Json("bad \xFF byte")) == "\"bad \xEF\xBF\xBD byte\"");
}

}  // namespace
}  // namespace parlance
