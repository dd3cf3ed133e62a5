#include "net/providers/wire_errors.hpp"

#include "net/providers/wire_json.hpp"
#include "runtime/base/ids.hpp"

#include <utility>

namespace parlance::net {

ProviderError error_in(const AnswerJson& error, std::string code) {
  ProviderError read;
  if (is_identifier(code)) read.code = std::move(code);
  read.message = on_one_line(text_of(error.is_object() ? member(error, "message") : error));
  return read;
}

bool says(const ProviderError& error, std::string_view words) {
  return error.message.find(words) != std::string::npos;
}

}  // namespace parlance::net
