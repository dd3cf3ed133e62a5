// Which handler answers which method and path.
//
//   Router router(authenticate);
//   router.add("GET", "/threads/{thread_id}", Access::chat, handler);
//
// Threading: add() before the server listens; the rest from any thread.
#pragma once

#include "net/auth/key_store.hpp"
#include "runtime/base/result.hpp"

#include <boost/asio/awaitable.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace parlance::net {

class HttpSession;  // net/http_session.hpp

// What a key needs to be let in.
enum class Access : std::uint8_t { open, chat, metrics, admin };

using Handler = std::function<boost::asio::awaitable<void>(HttpSession&)>;

// Takes the key as it was sent, empty when there was none.
using Authenticate = std::function<Result<Caller>(std::string_view key)>;

struct Route {
  std::string method;
  std::string pattern;
  Access access = Access::chat;
  Handler handler;
  std::size_t number = 0;  // in the order of add()
  std::vector<std::string> segments;
};

class Router {
 public:
  explicit Router(Authenticate authenticate) : authenticate_(std::move(authenticate)) {}

  // "{…}" stands for one segment that is not empty; at most three of them.
  void add(std::string method, std::string pattern, Access access, Handler handler);

  struct Match {
    const Route* route = nullptr;
    std::array<std::string, 3> parameters;
    std::string methods_allowed;  // for an Allow header, when only the method was wrong
  };

  // HEAD is answered by the route of GET. Literal segments win over parameters.
  Match find(std::string_view method, std::string_view path) const;

  // unauthenticated, or forbidden when the key's scopes do not reach. `access` is not open.
  Result<Caller> admit(std::string_view key, Access access) const;

  const std::vector<Route>& routes() const { return routes_; }

 private:
  Authenticate authenticate_;
  std::vector<Route> routes_;
};

}  // namespace parlance::net
