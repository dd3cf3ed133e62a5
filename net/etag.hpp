// If-None-Match (RFC 9110, 13.1.2): whether the copy that a client has is still the newest.
//
// Threading: pure.
#pragma once

#include <string_view>

namespace parlance::net {

// True when the header is "*", or a list that has `etag`; weak tags count as their strong ones.
// False for no header.
bool matches_etag(std::string_view if_none_match, std::string_view etag);

}  // namespace parlance::net
