// Times as servers write them into the heads of their answers.
//
// Threading: pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace parlance::net {

// "Sun, 06 Nov 1994 08:49:37 GMT", in seconds since 1970.
std::optional<std::int64_t> read_http_date(std::string_view date);

// "1994-11-06T08:49:37Z", also with a fraction or an offset, in milliseconds since 1970.
std::optional<std::int64_t> read_rfc3339(std::string_view time);

// "6m0s", "1.5s", "20ms"; a bare number is seconds. At most `most`; none for what is no time, or
// less than nothing.
std::optional<std::chrono::milliseconds> read_time_span(std::string_view text,
                                                        std::chrono::milliseconds most);

}  // namespace parlance::net
