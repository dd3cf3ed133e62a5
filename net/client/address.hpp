// Which addresses of the internet are anybody's to call.
//
// Threading: pure.
#pragma once

#include <boost/asio/ip/address.hpp>

namespace parlance::net {

// False for loopback, private, shared and link-local networks, multicast, and what is reserved or
// translated to such: the places that a server inside a network can reach and its clients should
// not (RFC 6890, and IANA's registries of special-purpose addresses).
bool is_public(const boost::asio::ip::address& address);

}  // namespace parlance::net
