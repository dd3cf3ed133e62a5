#include "bench/load/trace.hpp"

#include <catch2/catch.hpp>

namespace parlance::bench {
namespace {

using std::chrono::microseconds;

TEST_CASE("a trace of Azure's columns is read, and runs as fast as it is told to") {
  const auto rows = parse_trace_csv(
      "TIMESTAMP,ContextTokens,GeneratedTokens\r\n"
      "2023-11-16 18:15:50.5000000,396,109\r\n"
      "2023-11-16 18:15:46.0000000,374,44\r\n",
      2);
  REQUIRE(rows);
  REQUIRE(rows->size() == 2);
  CHECK((*rows)[0].input_tokens == 374);  // in order of time
  CHECK((*rows)[0].at == microseconds(0));
  CHECK((*rows)[1].at == microseconds(2'250'000));
  CHECK((*rows)[1].output_tokens == 109);
  CHECK((*rows)[1].session == 0);
}

TEST_CASE("a trace of BurstGPT's columns knows its sessions") {
  const auto rows = parse_trace_csv(
      "Timestamp,Session ID,Model,Request tokens,Response tokens,Total tokens,Log Type\n"
      "5,7,ChatGPT,472,18,490,Conversation log\n"
      "45.5,7,ChatGPT,1087,230,1317,Conversation log\n",
      1);
  REQUIRE(rows);
  CHECK((*rows)[1].at == microseconds(40'500'000));
  CHECK((*rows)[0].session == (*rows)[1].session);
  CHECK((*rows)[0].session != 0);
}

TEST_CASE("a trace of Mooncake's lines knows its sessions by the blocks that they share") {
  const auto rows = parse_trace_jsonl(
      R"({"timestamp": 0, "input_length": 6758, "output_length": 500, "hash_ids": [0, 1, 2]})"
      "\n"
      R"({"timestamp": 3000, "input_length": 7322, "output_length": 490, "hash_ids": [0, 9]})"
      "\n"
      R"({"timestamp": 9000, "input_length": 7900, "output_length": 1, "hash_ids": [0, 1, 2, 3]})"
      "\n",
      1);
  REQUIRE(rows);
  REQUIRE(rows->size() == 3);
  CHECK((*rows)[0].session == (*rows)[2].session);
  CHECK((*rows)[0].session != (*rows)[1].session);
  CHECK((*rows)[2].at == microseconds(9'000'000));
}

TEST_CASE("a trace that cannot be read is refused with its line") {
  using Catch::Contains;
  const auto refusal = [](const auto& rows) {
    return rows ? std::string("read") : rows.error().detail;
  };
  CHECK_THAT(refusal(parse_trace_csv("", 1)), Contains("line 1"));
  CHECK_THAT(refusal(parse_trace_csv("a,b\n1,2\n", 1)), Contains("line 1"));
  const std::string head = "TIMESTAMP,ContextTokens,GeneratedTokens\n";
  CHECK_THAT(refusal(parse_trace_csv(head, 1)), Contains("no rows"));
  CHECK_THAT(refusal(parse_trace_csv(head + "1,2\n", 1)), Contains("line 2"));
  CHECK_THAT(refusal(parse_trace_csv(head + "1,2,3\nsoon,2,3\n", 1)), Contains("line 3"));
  CHECK_THAT(refusal(parse_trace_csv(head + "1,-2,3\n", 1)), Contains("line 2"));
  CHECK_THAT(refusal(parse_trace_jsonl("[]\n", 1)), Contains("line 1"));
  CHECK_THAT(
      refusal(parse_trace_jsonl(R"({"timestamp":0,"input_length":"5","output_length":1})", 1)),
      Contains("input_length"));
  CHECK_THAT(refusal(read_trace("/nowhere.csv", 1)), Contains("cannot be read"));
}

}  // namespace
}  // namespace parlance::bench
