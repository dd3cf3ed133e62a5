// Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): what is sent again is done once.
//
// There is no table of keys: what a request makes is named after its key, so the journal's own
// record of it is what a repetition finds, as long as it is kept. A key counts within its tenant
// and the thread that it is sent to; what makes a thread of its own, within its tenant.
//
// A key stands for what is done, too: for a run it answers no change of a state, whatever the body.
// The routes that start a run in the same way are one operation.
//
// Threading: pure.
#pragma once

#include "net/request.hpp"
#include "net/response.hpp"
#include "runtime/base/deadline.hpp"
#include "runtime/base/json.hpp"
#include "runtime/base/result.hpp"
#include "runtime/ports/conversations.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parlance::net {

enum class KeyedOperation : std::uint8_t {
  completion,
  run,
  state_update,
  thread,
  thread_copy,
  thread_deletion
};

struct IdempotencyKey {
  std::string tenant;
  std::string value;
  std::string request_digest;  // of operation, key and body, whatever the order of its fields

  // Names the turn's run after the key, and its thread as well when it is stateless. A client that
  // can repeat its request comes back for the answer: the turn has until `deadline`, however long
  // the client waits.
  void name(TurnRequest& turn, bool stateless, Deadline deadline) const;

  // The id of what a request makes on a thread.
  std::string run_on(const ThreadId& thread) const;

  // The UUID of the thread that a request makes, a stateless one too.
  std::string new_thread() const;
};

inline constexpr std::size_t idempotency_key_bytes_max = 255;

// `body` is what the request says beside its key and what its key counts within. None without the
// header. invalid_value for one that is sent twice, is empty, longer than
// idempotency_key_bytes_max, or has other than visible ASCII characters.
Result<std::optional<IdempotencyKey>> read_idempotency_key(const Request& request,
                                                           KeyedOperation operation,
                                                           const Json& body);

// Adds the header `idempotent-replayed` to the answer of what had been done before.
void tell_if_repeated(Response& response, bool repeated);

}  // namespace parlance::net
