#include "runtime/llm/json_schema.hpp"

#include <catch2/catch.hpp>

#include <ctime>
#include <functional>
#include <string>
#include <utility>

namespace parlance {
namespace {

// The path of the value's fault, and what it says; empty: it fits.
std::string fault_of(const char* value, const char* schema_text) {
  const Json schema = Json::parse(schema_text);
  INFO(schema_text);
  REQUIRE_FALSE(fault_of_schema(schema));
  const auto fault = fault_of_value(Json::parse(value), schema);
  return fault ? fault->path + ' ' + fault->what : std::string();
}

bool fits(const char* value, const char* schema) {
  return fault_of(value, schema).empty();
}

std::string path_of_fault(const char* schema) {
  const auto fault = fault_of_schema(Json::parse(schema));
  return fault ? fault->path : std::string();
}

TEST_CASE("a value is of the type that its schema names, or of one of them") {
  CHECK(fits("7", R"({"type":"integer"})"));
  CHECK(fits("7.0", R"({"type":"integer"})"));
  CHECK_FALSE(fits("7.5", R"({"type":"integer"})"));
  CHECK(fits("7", R"({"type":"number"})"));
  CHECK(fits("null", R"({"type":["string","null"]})"));
  CHECK(fault_of("true", R"({"type":["string","null"]})") == "$ must be of type string or null");
  CHECK(fits("true", "true"));
  CHECK_FALSE(fits("true", "false"));
}

TEST_CASE("an object has what is required, and nothing else where that is said") {
  const char* const dish = R"({"type":"object","required":["name"],"additionalProperties":false,
      "properties":{"name":{"type":"string"},"price":{"type":"number","minimum":5}}})";
  CHECK(fits(R"({"name":"soup","price":5})", dish));
  CHECK(fault_of(R"({"price":5})", dish) == R"($ must have the property "name")");
  CHECK(fault_of(R"({"name":"soup","price":4})", dish) == "$.price must be at least 5");
  CHECK(fault_of(R"({"name":"soup","secret":4})", dish) ==
        "$ must have no other properties than those that are named");
  CHECK(fault_of(R"({"a":"b"})", R"({"additionalProperties":{"type":"number"}})") ==
        "$.* must be of type number");
  CHECK_FALSE(fits("{}", R"({"minProperties":1})"));
}

TEST_CASE("a list's items are held to its schema, each named by its place") {
  const char* const list =
      R"({"type":"array","items":{"enum":["a","b"]},"minItems":1,"maxItems":2,"uniqueItems":true})";
  CHECK(fits(R"(["b","a"])", list));
  CHECK(fault_of(R"(["a","c"])", list) == "$[1] must be one of the values of its enum");
  CHECK(fault_of("[]", list) == "$ must have at least 1 items");
  CHECK(fault_of(R"(["a","b","a"])", list) == "$ must have at most 2 items");
  CHECK(fault_of(R"(["a","a"])", list) == "$ must have no item twice");
}

TEST_CASE("texts and numbers have bounds") {
  CHECK(fits(R"("äö")", R"({"minLength":2,"maxLength":2})"));
  CHECK_FALSE(fits(R"("abc")", R"({"maxLength":2})"));
  CHECK(fits(R"("x-12")", R"({"pattern":"^x-[0-9]+$"})"));
  CHECK(fault_of(R"("y")", R"({"pattern":"^x"})") == "$ must match its pattern");
  CHECK_FALSE(fits("2", R"({"exclusiveMinimum":2})"));
  CHECK_FALSE(fits("2", R"({"exclusiveMaximum":2})"));
  CHECK(fits("0.3", R"({"multipleOf":0.1})"));
  CHECK_FALSE(fits("0.35", R"({"multipleOf":0.1})"));
  CHECK_FALSE(fits("3", R"({"const":4})"));
}

TEST_CASE("a multiple is one however large the number is") {
  const auto is_multiple = [](const char* number, const std::string& factor) {
    return fits(number, (R"({"multipleOf":)" + factor + '}').c_str());
  };
  CHECK_FALSE(is_multiple("1000000001", "2"));
  CHECK_FALSE(is_multiple("10000000003", "10"));
  CHECK_FALSE(is_multiple("1763913600123", "1000"));
  CHECK(is_multiple("1763913600000", "1000"));
  CHECK_FALSE(is_multiple("-1000000001", "2"));
  CHECK(is_multiple("-9223372036854775808", "2"));
  CHECK_FALSE(is_multiple("18446744073709551615", "2"));
  CHECK(is_multiple("18446744073709551615", "5"));
  CHECK(is_multiple("0", "7"));
  CHECK_FALSE(is_multiple("3", "9223372036854775807"));
  CHECK_FALSE(is_multiple("1000000000.5", "1"));
  CHECK_FALSE(is_multiple("1763913600123.0", "1000"));
  CHECK(is_multiple("1e300", "2"));
  CHECK_FALSE(is_multiple("1e-12", "1"));
  CHECK_FALSE(is_multiple("1e308", "1e-308"));
  for (const char* const price : {"19.99", "0.07", "-1.15", "1234567.89", "99999999999.99", "0.0"})
    CHECK(is_multiple(price, "0.01"));
  CHECK_FALSE(is_multiple("99999999999.995", "0.01"));
}

TEST_CASE("schemas are put together, and refer to one another") {
  CHECK(fits("3", R"({"anyOf":[{"type":"string"},{"type":"integer"}]})"));
  CHECK(fault_of("null", R"({"anyOf":[{"type":"string"}]})") == "$ fits none of anyOf");
  CHECK_FALSE(fits("3", R"({"oneOf":[{"type":"integer"},{"minimum":2}]})"));
  CHECK_FALSE(fits("3", R"({"allOf":[{"type":"integer"},{"minimum":4}]})"));
  CHECK_FALSE(fits("3", R"({"not":{"type":"integer"}})"));
  const char* const tree = R"({"$ref":"#/$defs/node","$defs":{"node":{"type":"object",
      "required":["next"],"properties":{"next":{"anyOf":[{"$ref":"#/$defs/node"},{"type":"null"}]}}}}})";
  CHECK(fits(R"({"next":{"next":null}})", tree));
  CHECK_FALSE(fits(R"({"next":{"next":3}})", tree));
}

TEST_CASE("a schema that says what is not checked here is refused by the place") {
  CHECK(path_of_fault(R"({"properties":{"a":{"if":{"type":"string"}}}})") == "$.properties.a.if");
  CHECK(path_of_fault(R"({"patternProperties":{}})") == "$.patternProperties");
  CHECK(path_of_fault(R"({"type":"text"})") == "$.type");
  CHECK(path_of_fault(R"({"items":[{"type":"string"}]})") == "$.items");
  CHECK(path_of_fault(R"({"anyOf":[{"minimum":"3"}]})") == "$.anyOf.0.minimum");
  CHECK(path_of_fault(R"({"required":"a"})") == "$.required");
  CHECK(path_of_fault(R"json({"pattern":"(?=a)"})json") == "$.pattern");
  CHECK(path_of_fault(R"({"multipleOf":0})") == "$.multipleOf");
  CHECK(path_of_fault(R"({"$ref":"#/$defs/none"})") == "$.$ref");
  CHECK(path_of_fault(R"({"$ref":"https://example.com/schema"})") == "$.$ref");
  CHECK(path_of_fault(R"({"$ref":"#/default","default":{"odd":1}})") == "$.$ref.odd");
  CHECK(path_of_fault(R"({"title":"t","format":"email","examples":[1],"default":2})").empty());
}

TEST_CASE("a schema that leads to itself, and one that is costly, come to an end") {
  CHECK_FALSE(fits("1", R"({"$ref":"#"})"));
  CHECK_FALSE(fits("1", R"({"allOf":[{"anyOf":[{"$ref":"#"},{"$ref":"#"}]},{"$ref":"#"}]})"));
  std::string deep = "true";
  for (int i = 0; i < 80; ++i)
    deep = R"({"not":)" + std::move(deep) + '}';
  CHECK_FALSE(path_of_fault(deep.c_str()).empty());
}

std::string nested(const std::string& begin,
                   std::string middle,
                   const std::string& end,
                   int times) {
  for (int i = 0; i < times; ++i)
    middle = begin + std::move(middle) + end;
  return middle;
}

// A JSON string of so many of a character.
std::string text_of_length(std::size_t length) {
  std::string text = "\"";
  text.append(length, 'x');
  return text += '"';
}

TEST_CASE("an answer may be as deep as its schema leads to itself") {
  const char* const list = R"({"$ref":"#/$defs/l","$defs":{"l":{"type":"object","required":["next"],
      "properties":{"next":{"anyOf":[{"$ref":"#/$defs/l"},{"type":"null"}]}}}}})";
  CHECK(fits(nested(R"({"next":)", "null", "}", 60).c_str(), list));
  CHECK_FALSE(fits(nested(R"({"next":)", "3", "}", 60).c_str(), list));
}

TEST_CASE("what is too much to be judged does not fit, also where not fitting is asked for") {
  const std::string list = nested("[", "1", "]", 400);
  const char* const loop = R"({"$ref":"#/$defs/l","$defs":{"l":{"items":{"$ref":"#/$defs/l"}}}})";
  const char* const none =
      R"({"not":{"$ref":"#/$defs/l"},"$defs":{"l":{"items":{"$ref":"#/$defs/l"}}}})";
  CHECK(fault_of(list.c_str(), loop).ends_with("is too much to be held to the schema"));
  CHECK(fault_of(list.c_str(), none).ends_with("is too much to be held to the schema"));
  CHECK(fault_of("1", R"({"not":{"$ref":"#"}})") == "$ is too much to be held to the schema");
}

TEST_CASE("a value is held once to each part of a schema, however many ways lead there") {
  std::string defs = R"("a9":{"pattern":"[a-x]{3}y"})";
  for (int i = 8; i >= 0; --i) {
    std::string each;
    for (int way = 0; way < 10; ++way)
      each += (way == 0 ? "" : ",") + (R"({"$ref":"#/$defs/a)" + std::to_string(i + 1)) + R"("})";
    defs += R"(,"a)" + std::to_string(i) + R"(":{"anyOf":[)" + each + "]}";
  }
  const std::string schema = R"({"$ref":"#/$defs/a0","$defs":{)" + defs + "}}";
  const std::string text = text_of_length(8'000);
  CHECK(fault_of(text.c_str(), schema.c_str()) == "$ fits none of anyOf");
  CHECK(fits(R"("xxxy")", schema.c_str()));
}

TEST_CASE("what a pattern and a long list may cost is bounded") {
  const char* const costly = R"json({"pattern":"(x+x+)+[^a]{300}y"})json";
  const std::string text = text_of_length(200'000);
  CHECK(fault_of(text.c_str(), costly) == "$ is too much to be held to the schema");
  CHECK(fits("\"xxxxy\"", R"({"pattern":"x+y"})"));
  const char* const unlike = R"({"uniqueItems":true})";
  const std::string few = nested("[[],", "[[]]", "]", 60);
  CHECK(fits(few.c_str(), unlike));
  std::string many = "[0";
  for (int i = 1; i < 600'000; ++i)
    many.append(",").append(std::to_string(i));
  CHECK(fault_of((many + "]").c_str(), unlike) == "$ is too much to be held to the schema");
  CHECK(path_of_fault(R"json({"pattern":"(\\pL\\PN){20}"})json") == "$.pattern");
  CHECK(path_of_fault(R"json({"pattern":"[^a]{1000}"})json").empty());
  CHECK(path_of_fault(R"json({"pattern":"^\\p{L}[\\p{L}' -]*$"})json").empty());
  CHECK(path_of_fault(R"json({"allOf":[{"pattern":"\\pL{6}"},{"pattern":"\\pL{7}"}]})json") ==
        "$.allOf.1.pattern");
  std::string patterns;
  for (int i = 0; i < 65; ++i)
    patterns += (i == 0 ? "" : ",") + (R"({"pattern":"a)" + std::to_string(i)) + R"("})";
  CHECK(path_of_fault((R"({"allOf":[)" + patterns + "]}").c_str()) == "$.allOf.64.pattern");
  CHECK(path_of_fault((R"({"pattern":)" + text_of_length(9'000) + "}").c_str()) == "$.pattern");
  const std::string same = nested("", R"({"pattern":"a"})", R"(,{"pattern":"a"})", 200);
  CHECK(path_of_fault((R"({"allOf":[)" + same + "]}").c_str()).empty());
}

TEST_CASE("what is said of a fault is short, however long the names in the schema are") {
  std::string name = "\"\\u0001";
  for (int i = 0; i < 20'000; ++i)
    name += "ä";
  name += '"';
  const auto said = fault_of("{}", (R"({"required":[)" + name + "]}").c_str());
  CHECK(said.starts_with("$ must have the property \"\\u0001ää"));
  CHECK(said.ends_with("ä…"));
  CHECK(said.size() < 210);
  CHECK(is_utf8(said));
  const std::string named = R"({"properties":{)" + name + R"(:{"type":"null"}}})";
  const auto placed = fault_of(('{' + name + ":1}").c_str(), named.c_str());
  CHECK(placed.ends_with("ä… must be of type null"));
  CHECK(placed.size() < 240);
  CHECK(is_utf8(placed));
}

// The time of the processor that this takes.
double seconds_of(const std::function<void()>& work) {
  const auto began = std::clock();
  work();
  return static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC;
}

TEST_CASE("what is wrong where that is allowed is not put into words") {
  const std::string name(20'000, '\x01');  // each character is six bytes of words
  const double words = seconds_of([&] {
    for (int i = 0; i < 1'000; ++i)
      static_cast<void>(Json(name).dump());
  });
  const Json objects(20'000, Json::object());
  const Json missing{{"required", {name}}};
  for (const char* const trial : {"not", "anyOf", "oneOf"}) {
    const Json tried = trial == std::string("not") ? missing : Json::array({missing, true});
    const Json schema{{"items", {{trial, tried}}}};
    REQUIRE_FALSE(fault_of_schema(schema));
    // In words for each object it would be twenty times of it.
    CHECK(seconds_of([&] { fault_of_value(objects, schema); }) < 5 * words);
  }
}

TEST_CASE("a reference may lead through a list") {
  const char* const schema =
      R"({"properties":{"a":{"anyOf":[{"type":"null"},{"type":"string"}]},"b":{"$ref":"#/properties/a/anyOf/1"}}})";
  CHECK(fits(R"({"b":"x"})", schema));
  CHECK_FALSE(fits(R"({"b":null})", schema));
  CHECK(path_of_fault(R"({"$ref":"#/anyOf/1","anyOf":[true]})") == "$.$ref");
  CHECK(path_of_fault(R"({"type":[]})") == "$.type");
}

}  // namespace
}  // namespace parlance
