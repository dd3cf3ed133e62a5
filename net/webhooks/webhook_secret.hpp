// What webhooks are signed with, as Standard Webhooks (standardwebhooks.com) has it, so that their
// receivers need no code of ours: HMAC-SHA256 over "id.timestamp.body".
//
// Threading: pure; a secret may be used from any thread.
#pragma once

#include "runtime/base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace parlance::net {

class WebhookSecret {
 public:
  // "whsec_" and the base64 of 24 to 64 bytes. Errors: invalid_value; the secret is not in it.
  static Result<WebhookSecret> parse(std::string_view text);

  // "v1,<base64>": one of the values of the header webhook-signature.
  std::string sign(std::string_view id, std::int64_t timestamp_s, std::string_view body) const;

 private:
  explicit WebhookSecret(std::string_view key) : key_(key) {}

  std::string key_;
};

}  // namespace parlance::net
