// One HTTP request, whole, as routes see it.
//
// Threading: belongs to its session; its strand only.
#pragma once

#include "net/auth/key_store.hpp"

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace parlance::net {

struct Request {
  boost::beast::http::request<boost::beast::http::string_body> message;
  std::string id;                                  // the client's x-request-id, or one of ours
  Caller caller;                                   // empty on open routes
  std::chrono::steady_clock::time_point received;  // its last byte
  std::string_view path;                           // of the target, as it was sent
  std::string_view query;                          // without the '?'
  std::array<std::string, 3> parameters;  // what stood for {…} in the route, decoded, in order

  std::string_view header(std::string_view name) const {
    const auto value = message[boost::beast::string_view(name.data(), name.size())];
    return {value.data(), value.size()};
  }

  // The decoded value of `name` in the query.
  std::optional<std::string> query_value(std::string_view name) const;
};

// %XX and, in a query, '+'. Empty when an escape is cut or not hexadecimal.
std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space);

}  // namespace parlance::net
