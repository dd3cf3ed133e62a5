// Who may call a server that asks for no key: programs of this machine, and the server's own pages.
//
// A web page from anywhere can make its reader's browser send requests to loopback. Two headers
// that no script can forge tell such requests from others:
//
//   Host     a name of another site that was made to point here (DNS rebinding) is not a loopback
//            name: localhost, a name under .localhost, 127.0.0.0/8 or [::1], with any port. The
//            host of a target in absolute form stands in its place
//   Origin   browsers send it with every request of a script, and with each that may change
//            something: it has to be the server's own, or one that http.cors_origins lets in
//
// What a body calls itself (content-type) then needs no look: pages send it with an Origin, and
// `curl -d` without one.
//
// Threading: pure.
#pragma once

#include "net/cors.hpp"
#include "runtime/base/error.hpp"

#include <optional>
#include <string_view>

namespace parlance::net {

// origin_refused; nothing for who may. A header that was not sent is empty, and no reason.
std::optional<Error> refuse_stranger(std::string_view host,
                                     std::string_view origin,
                                     const Cors& cors);

}  // namespace parlance::net
