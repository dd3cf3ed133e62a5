#include "net/idempotency.hpp"

#include "runtime/base/digest.hpp"
#include "runtime/base/ids.hpp"

#include <algorithm>

namespace parlance::net {
namespace {

constexpr std::string_view header = "Idempotency-Key";

// These are in digests on disk.
std::string_view to_string(KeyedOperation operation) {
  switch (operation) {
    case KeyedOperation::completion:
      return "completion";
    case KeyedOperation::run:
      return "run";
    case KeyedOperation::state_update:
      return "state_update";
    case KeyedOperation::thread:
      return "thread";
    case KeyedOperation::thread_copy:
      return "thread_copy";
    case KeyedOperation::thread_deletion:
      return "thread_deletion";
  }
  return {};
}

// None of the parts has a newline.
std::string name_of(std::string_view kind,
                    std::string_view tenant,
                    std::string_view thread,
                    std::string_view key) {
  std::string name("parlance:");
  name.append(kind).push_back('\n');
  name.append(tenant).push_back('\n');
  name.append(thread).push_back('\n');
  return named_uuid(name.append(key));
}

}  // namespace

void IdempotencyKey::name(TurnRequest& turn, bool stateless, Deadline deadline) const {
  auto& thread = turn.thread.thread.value;
  if (stateless) thread = new_thread();
  turn.run.value = run_on({thread});
  turn.deadline = deadline;
  turn.request_digest = request_digest;
}

std::string IdempotencyKey::run_on(const ThreadId& thread) const {
  return name_of("run", tenant, thread.value, value);
}

std::string IdempotencyKey::new_thread() const {
  return name_of("thread", tenant, {}, value);
}

Result<std::optional<IdempotencyKey>> read_idempotency_key(const Request& request,
                                                           KeyedOperation operation,
                                                           const Json& body) {
  const auto refused = [](std::string detail) {
    return Error{ErrorCode::invalid_value, std::move(detail), std::string(header), {}};
  };
  const auto times = request.message.count(boost::beast::string_view(header.data(), header.size()));
  if (times == 0) return std::optional<IdempotencyKey>{};
  if (times > 1) return refused("must be sent once");
  const auto value = request.header(header);
  if (value.empty() || value.size() > idempotency_key_bytes_max ||
      !std::all_of(value.begin(), value.end(), [](char c) { return c > ' ' && c < '\x7F'; })) {
    return refused("must be 1 to 255 visible ASCII characters");
  }
  std::string asked(to_string(operation));
  asked.append("\n").append(value).append("\n").append(dump(body));
  return std::optional(
      IdempotencyKey{request.caller.tenant.value, std::string(value), sha256_hex(asked)});
}

void tell_if_repeated(Response& response, bool repeated) {
  if (repeated) response.add_header("idempotent-replayed", "true");
}

}  // namespace parlance::net
