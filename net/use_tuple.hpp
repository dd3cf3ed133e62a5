// What an asynchronous operation gives a coroutine: its error code first, nothing is thrown.
//
// Threading: a constant.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace parlance::net {

constexpr auto use_tuple = boost::asio::as_tuple(boost::asio::use_awaitable);

}  // namespace parlance::net
