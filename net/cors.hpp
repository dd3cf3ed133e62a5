// Which pages of other origins may call the server (CORS): those of an allow-list, and no other.
//
// The list holds origins as browsers send them ("https://app.example.com"), or "*" for all. Keys
// are sent in headers, never in cookies: credentials in the sense of CORS are not allowed.
//
// Threading: constant after construction.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace parlance::net {

class Cors {
 public:
  explicit Cors(std::vector<std::string> origins = {}) : origins_(std::move(origins)) {}

  bool allows(std::string_view origin) const;

  // Header lines for every answer: who may read it depends on the origin. `origin` is an allowed
  // one, or empty.
  void append_headers(std::string& out, std::string_view origin) const;

  // Those of the answer to a preflight, besides. `methods` are the path's: "GET, DELETE".
  static void append_preflight_headers(std::string& out, std::string_view methods);

  // An origin as it may stand in the list.
  static bool is_origin(std::string_view text);

 private:
  const std::vector<std::string> origins_;
};

}  // namespace parlance::net
