// Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): what is sent again is done once.
//
// There is no table of keys: what a request makes is named after its key, so the journal's own
// record of it is what a repetition finds, as long as it is kept. A key counts within its tenant
// and the thread that it is sent to; what makes a thread of its own, within its tenant.
//
// Threading: pure.
#pragma once

#include "net/request.hpp"
#include "runtime/base/deadline.hpp"
#include "runtime/base/json.hpp"
#include "runtime/base/result.hpp"
#include "runtime/ports/conversations.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace parlance::net {

struct IdempotencyKey {
  std::string tenant;
  std::string value;
  std::string request_digest;  // of the key and the body, whatever the order of its fields

  // Names the turn's run after the key, and its thread as well when it is stateless. A client that
  // can repeat its request comes back for the answer: the turn has until `deadline`, however long
  // the client waits.
  void name(TurnRequest& turn, bool stateless, Deadline deadline) const;

  // The id of what a request makes on a thread.
  std::string run_on(const ThreadId& thread) const;

  // The UUID of the thread that a request makes.
  std::string new_thread() const;
};

inline constexpr std::size_t idempotency_key_bytes_max = 255;

// None without the header. invalid_value for one that is sent twice, is empty, longer than
// idempotency_key_bytes_max, or has other than visible ASCII characters.
Result<std::optional<IdempotencyKey>> read_idempotency_key(const Request& request,
                                                           const Json& body);

}  // namespace parlance::net
