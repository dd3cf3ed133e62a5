// What a route answers, and how an Error reads in each family of routes.
//
//   /v1/…        {"error":{"message","type","param","code"}}
//   all others   the bare sentence, as text/plain
//
// Both name the code in `x-error-code` and advise in `retry-after` (whole seconds, 1 to 60),
// `retry-after-ms` and, where trying again is of no use, `x-should-retry: false`.
#pragma once

#include "runtime/base/error.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace parlance::net {

enum class Family : std::uint8_t { openai, plain };

Family family_of(std::string_view path);

struct Response {
  int status = 200;
  std::string_view content_type = "application/json";
  std::string body;
  std::string headers;  // further ones, each a line with its end

  void add_header(std::string_view name, std::string_view value) {
    headers.append(name).append(": ").append(value).append("\r\n");
  }
};

std::string_view reason_of(int status);

// The sentence for people. Details of failures behind the server stay in its log, but for what a
// provider says of the request.
std::string sentence_of(const Error& error);

// How long to wait before asking again, at most a minute; zero: no advice.
std::chrono::milliseconds advice_of(const Error& error);

// {"message","type","param","code"}, and "retry_after_ms" where there is advice, as the OpenAI
// family has it.
std::string openai_error_object(const Error& error);

// Whether a client that asks again by itself is welcome. `never`: what it asked stands on a thread,
// and would be said twice.
enum class Retry : std::uint8_t { as_the_error_says, never };

Response error_response(const Error& error, Family family, Retry retry = Retry::as_the_error_says);

}  // namespace parlance::net
