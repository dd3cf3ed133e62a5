// /v1/embeddings, and the calls that stand behind it in the shapes of the APIs.
#include "net/providers/wire_format.hpp"
#include "net/routes/embedding_request.hpp"
#include "tests/net/server_fixture.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>

namespace parlance::net {
namespace {

ChatRequest embedding(EmbeddingInput input) {
  ChatRequest request;
  request.embeds = std::make_shared<const EmbeddingInput>(std::move(input));
  return request;
}

Json body_of(const WireRequest& wired) {
  return Json::parse(wired.body);
}

ErrorCode broken(const WireFormat& wire, const char* answer) {
  const auto read = wire.read_vectors(answer);
  return read ? ErrorCode::internal : read.error().code;
}

TEST_CASE("texts are embedded in OpenAI's shape") {
  const auto wired = openai_wire().request("m-1", embedding({{"a", "b"}, {}, 3, "ada"}));
  REQUIRE(wired);
  CHECK(wired->target == "/embeddings");
  CHECK(body_of(*wired) == Json{{"model", "m-1"},
                                {"input", {"a", "b"}},
                                {"encoding_format", "float"},
                                {"dimensions", 3},
                                {"user", "ada"}});
  const auto tokens = openai_wire().request("m-1", embedding({{}, {{1, 2}, {3}}, {}, {}}));
  REQUIRE(tokens);
  CHECK(body_of(*tokens)["input"] == Json::parse("[[1,2],[3]]"));
  const auto read = openai_wire().read_vectors(
      R"({"data":[{"index":1,"embedding":[0.5,-1]},{"index":0,"embedding":[0.25,2e-3]}],
          "model":"m-1-large","usage":{"prompt_tokens":7,"total_tokens":7}})");
  REQUIRE(read);
  CHECK(*read->vectors == Vectors{{0.25F, 0.002F}, {0.5F, -1.0F}});
  CHECK(read->model == "m-1-large");
  CHECK(read->usage.tokens_in == 7U);
  CHECK(read->is_last);
}

TEST_CASE("a text to embed may hold a zero character, which providers are told") {
  Json asked = Json::parse(R"({"model":"m","input":"a\u0000b"})");
  const auto wish = read_embedding_wish(asked, {{"m"}, 1});
  REQUIRE(wish);
  for (const auto* wire : {&openai_wire(), &gemini_wire()}) {
    ChatRequest request;
    request.embeds = wish->input;
    CHECK_THAT((*wire).request("m-1", request)->body, Catch::Contains(R"("a\u0000b")"));
  }
}

TEST_CASE("texts are embedded in Gemini's shape, and tokens are not") {
  const auto wired = gemini_wire().request("m-1", embedding({{"a", "b"}, {}, 3, {}}));
  REQUIRE(wired);
  CHECK(wired->target == "/models/m-1:batchEmbedContents");
  const Json body = body_of(*wired);
  REQUIRE(body["requests"].size() == 2);
  CHECK(body["requests"][1] == Json{{"model", "models/m-1"},
                                    {"content", {{"parts", Json::array({{{"text", "b"}}})}}},
                                    {"outputDimensionality", 3}});
  const auto read =
      gemini_wire().read_vectors(R"({"embeddings":[{"values":[0.5]},{"values":[1]}]})");
  REQUIRE(read);
  CHECK(*read->vectors == Vectors{{0.5F}, {1.0F}});
  CHECK_FALSE(read->usage.tokens_in);
  const auto tokens = gemini_wire().request("m-1", embedding({{}, {{1}}, {}, {}}));
  REQUIRE_FALSE(tokens);
  CHECK(tokens.error().code == ErrorCode::request_rejected);
}

TEST_CASE("Anthropic embeds nothing") {
  const auto wired = anthropic_wire().request("m-1", embedding({{"a"}, {}, {}, {}}));
  REQUIRE_FALSE(wired);
  CHECK(wired.error().code == ErrorCode::request_rejected);
}

TEST_CASE("embeddings that are none break the answer, and errors in their place are read") {
  for (const char* const answer :
       {R"({"data":[{"index":0,"embedding":[]}]})",
        R"({"data":[{"index":0,"embedding":["x"]}]})",
        R"({"data":[{"index":0,"embedding":[1e300]}]})",
        R"({"data":[{"index":0,"embedding":"AAAA"}]})",
        R"({"data":[{"index":4,"embedding":[1]}]})",
        R"({"data":[{"index":-1,"embedding":[1]}]})",
        R"({"data":[{"index":"0","embedding":[1]}]})",
        R"({"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]})",
        R"({"data":[{"embedding":[1]},{"embedding":[1,2]}]})",
        "[]"}) {
    CAPTURE(answer);
    CHECK(broken(openai_wire(), answer) == ErrorCode::provider_failed);
  }
  CHECK(broken(gemini_wire(), R"({"embeddings":[{}]})") == ErrorCode::provider_failed);
  const auto read = gemini_wire().read_vectors(R"({"error":{"status":"UNAVAILABLE"}})");
  REQUIRE(read);
  CHECK(read->error->trouble == ProviderTrouble::overloaded);
}

struct EmbeddingsTest : ServerFixture {
  Answered embed(const Json& body) { return call("POST", "/v1/embeddings", dump(body)); }

  // The place of what is wrong.
  std::string refused(const Json& body) {
    const auto answered = embed(body);
    CHECK(answered.status >= 400);
    const Json error = Json::parse(answered.body)["error"];
    return error["param"].is_string() ? error["param"].get<std::string>() : std::string();
  }
};

Embedded two_vectors() {
  return {"m-1", std::make_shared<const Vectors>(Vectors{{0.1F, -2.0F}, {3.0F, 0.5F}}), {7, 0}};
}

TEST_CASE_METHOD(EmbeddingsTest, "vectors are answered as numbers") {
  embeddings.answer = two_vectors();
  const auto answered = embed({{"model", "embed"}, {"input", {"a", "b"}}, {"user", "ada"}});
  REQUIRE(answered.status == 200);
  CHECK(answered.body ==
        R"({"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.1,-2]},)"
        R"({"object":"embedding","index":1,"embedding":[3,0.5]}],"model":"m-1",)"
        R"("usage":{"prompt_tokens":7,"total_tokens":7}})");
  REQUIRE(embeddings.asked.size() == 1);
  const EmbeddingRequest& asked = embeddings.asked[0];
  CHECK(asked.tenant.value == "dev");
  CHECK(asked.role == "embed");
  CHECK(asked.input->texts == std::vector<std::string>{"a", "b"});
  CHECK(asked.input->user == "ada");
}

TEST_CASE_METHOD(EmbeddingsTest,
                 "vectors are answered in base64, as OpenAI's clients ask for them") {
  embeddings.answer = two_vectors();
  const auto answered = embed({{"model", "embed"}, {"input", "a"}, {"encoding_format", "base64"}});
  REQUIRE(answered.status == 200);
  CHECK(Json::parse(answered.body)["data"][1]["embedding"] == "AABAQAAAAD8=");
}

TEST_CASE_METHOD(EmbeddingsTest, "one text, one list of tokens and several are understood") {
  embeddings.answer = two_vectors();
  const auto input = [&](const Json& value) {
    CHECK(embed({{"model", "embed"}, {"input", value}, {"dimensions", 2}}).status == 200);
    CHECK(embeddings.asked.back().input->dimensions == 2U);
    return *embeddings.asked.back().input;
  };
  CHECK(input("a").texts == std::vector<std::string>{"a"});
  CHECK(input(Json::parse("[1,2]")).tokens == std::vector<std::vector<std::uint32_t>>{{1, 2}});
  CHECK(input(Json::parse("[[1],[2,3]]")).tokens ==
        std::vector<std::vector<std::uint32_t>>{{1}, {2, 3}});
}

TEST_CASE_METHOD(EmbeddingsTest, "wrong values are refused by their place, and call nobody") {
  const auto input = [&](const char* value) {
    return refused({{"model", "embed"}, {"input", Json::parse(value)}});
  };
  CHECK(input("[]") == "input");
  CHECK(input(R"("")") == "input");
  CHECK(input("7") == "input");
  CHECK(input(R"(["a",[1]])") == "input[1]");
  CHECK(input(R"([[1],[-1]])") == "input[1]");
  CHECK(input("[1,2.5]") == "input");
  CHECK(input(R"(["a","b","c","d","e"])") == "input");
  CHECK(refused({{"model", "embed"}}) == "input");
  CHECK(refused({{"input", "a"}}) == "model");
  CHECK(refused({{"model", "chat"}, {"input", "a"}}) == "model");
  CHECK(refused({{"model", "embed"}, {"input", "a"}, {"dimensions", 0}}) == "dimensions");
  CHECK(refused({{"model", "embed"}, {"input", "a"}, {"encoding_format", "hex"}}) ==
        "encoding_format");
  CHECK(embeddings.asked.empty());
}

TEST_CASE_METHOD(EmbeddingsTest,
                 "a failed call is its error, and a client that leaves ends its own") {
  embeddings.answer = Error{ErrorCode::model_unavailable, "it is away", {}, {}};
  CHECK(embed({{"model", "embed"}, {"input", "a"}}).status == 503);
  embeddings.answer.reset();
  {
    RawClient client(port);
    client.request("POST", "/v1/embeddings", R"({"model":"embed","input":"a"})");
  }
  for (int i = 0; i < 500 && embeddings.left == 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  CHECK(embeddings.left == 1);
}

HttpServerOptions with_one_request_of_a_user() {
  HttpServerOptions options;
  options.door.requests_per_user_max = 1;
  return options;
}

TEST_CASE("every route that takes a user counts its requests, embeddings as well") {
  ServerFixture fixture(with_one_request_of_a_user());
  fixture.embeddings.answer = two_vectors();
  const auto status = [&](const char* target, const char* body) {
    return fixture.call("POST", target, body).status;
  };
  const char* const embeds = R"({"model":"embed","input":"a","user":"ada"})";
  const auto first = fixture.call("POST", "/v1/embeddings", embeds);
  CHECK(first.status == 200);
  CHECK(first.header("x-ratelimit-remaining-requests") == "0");
  CHECK(status("/v1/embeddings", embeds) == 429);
  CHECK(fixture.embeddings.asked.size() == 1);
  const char* const chats =
      R"({"model":"chat","messages":[{"role":"user","content":"hi"}],"user":"ada"})";
  CHECK(status("/v1/chat/completions", chats) == 429);
  CHECK(status("/v1/estimate", chats) == 429);
  fixture.embeddings.answer = Error{ErrorCode::rate_limited, "too few tokens", {}, {}};
  for (int n = 0; n < 3; ++n) {
    const auto refused =
        fixture.call("POST", "/v1/embeddings", R"({"model":"embed","input":"a","user":"bob"})");
    CHECK(refused.status == 429);
    CHECK(refused.header("x-ratelimit-remaining-requests") == "1");
  }
  CHECK(fixture.embeddings.asked.size() == 4);
  CHECK(status("/runs/wait",
               R"({"assistant_id":"chat","input":{"messages":[{"role":"user","content":"hi"}]},
                   "config":{"configurable":{"user":"ada"}}})") == 429);
}

}  // namespace
}  // namespace parlance::net
