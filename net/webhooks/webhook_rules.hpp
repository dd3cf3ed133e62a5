// Where webhooks may go. Clients name the URL, and the server calls it from inside its network: so
// the operator says which hosts are called at all (server-side request forgery, CWE-918).
//
//   hooks.example.com          https, at its own port
//   hooks.example.com:8443     https, at that port
//   http://hooks.local:8080    plain HTTP as well
//   *                          https, to any host that has a public address
//
// A loopback host that is listed may be called by plain HTTP. A host that is listed may have a
// private address; behind `*` neither the URL nor the resolver can lead there.
//
// Threading: immutable, used from any thread.
#pragma once

#include "net/client/url.hpp"
#include "runtime/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace parlance::net {

inline constexpr std::size_t webhook_url_bytes_max = 2'048;

struct WebhookTarget {
  Url url;
  bool public_addresses_only = false;
};

class WebhookRules {
 public:
  // None is sent.
  WebhookRules() = default;

  // Errors: invalid_value, for an entry that is none of the above; its detail names the entry.
  static Result<WebhookRules> make(const std::vector<std::string>& hosts_allowed);

  // Errors: webhooks_off; invalid_value. Their field is "webhook".
  Result<WebhookTarget> check(std::string_view url) const;

 private:
  struct Host {
    bool plain = false;  // HTTP too
    std::string name;
    std::uint16_t port = 0;
  };

  std::vector<Host> hosts_;
  bool any_ = false;
};

}  // namespace parlance::net
