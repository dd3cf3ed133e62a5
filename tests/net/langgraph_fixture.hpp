// A server with one thread, and what LangGraph's clients send to run it.
#pragma once

#include "tests/net/server_fixture.hpp"

#include <string>
#include <utility>

namespace parlance::net {

inline constexpr const char* thread_id = "0b0e5a3e-0000-4000-8000-000000000001";
inline const std::string thread_path = std::string("/threads/") + thread_id;

inline std::string run_body(const Json& more = Json::object(), const std::string& agent = "echo") {
  Json body{{"assistant_id", agent},
            {"input", {{"messages", {{{"role", "user"}, {"content", "hi"}}}}}}};
  if (!more.is_null()) body.update(more);
  return body.dump();
}

struct LanggraphFixture : ServerFixture {
  explicit LanggraphFixture(HttpServerOptions options = {}) : ServerFixture(std::move(options)) {
    conversations.add_thread(thread(thread_id));
  }

  // A run that the test leads, being waited for or streamed.
  void begin(RawClient& client, const std::string& path, const Json& more = Json::object()) {
    conversations.on_turn = nullptr;
    client.request("POST", path, run_body(more, "chat"));
    conversations.turn();
  }
};

}  // namespace parlance::net
