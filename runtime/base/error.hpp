// What can go wrong, as values.
//
// Every failure that a caller must handle is an Error with a code from this list. error.cpp holds
// the one table that gives each code its HTTP status, whether trying again can help, and one line
// of advice; nothing else in the program maps failures to statuses. tests/golden/errors.txt is
// the list as users see it, and docs/errors.md explains it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace parlance {

enum class ErrorCode : std::uint8_t {
  // the request itself
  malformed_json,
  invalid_value,
  body_too_large,
  encoding_unsupported,
  headers_too_large,
  too_deep,
  not_utf8,
  request_timeout,
  method_not_allowed,
  not_found,
  unsupported,
  webhooks_off,
  // who asks
  unauthenticated,
  forbidden,
  origin_refused,
  // what it asks for
  agent_not_found,
  model_not_found,
  thread_not_found,
  run_not_found,
  checkpoint_not_found,
  thread_exists,
  thread_busy,
  thread_full,
  thread_not_paused,
  idempotency_key_reused,
  // overload
  rate_limited,
  budget_exhausted,
  locked_out,
  mailbox_full,
  threads_full,
  connections_full,
  model_queue_full,
  retriever_queue_full,
  webhooks_full,
  would_miss_deadline,
  draining,
  // what happened to a turn
  deadline_passed,
  cancelled,
  steps_exceeded,
  answer_too_long,
  answer_unfit,
  answer_superseded,
  model_unavailable,
  model_throttled,
  request_rejected,
  context_length_exceeded,
  credentials_refused,
  provider_refused,
  provider_failed,
  retriever_failed,
  reader_too_slow,
  quarantined,
  component_restarted,
  // the node
  record_damaged,
  not_owner,
  storage_failed,
  internal,
};

struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string detail;  // for logs and the response body; never holds secrets or message text
  std::string field;   // path of the wrong value in the request, where one is to blame
  std::optional<std::chrono::milliseconds> retry_after;  // overrides the table's advice
};

// One row of the table.
struct ErrorKind {
  ErrorCode code;
  std::string_view name;  // "mailbox_full": the word in logs, metric labels and response bodies
  int http_status;
  bool retry_helps;
  std::chrono::milliseconds retry_after;  // zero: no advice is given
  std::string_view advice;
};

const ErrorKind& kind_of(ErrorCode code);
std::span<const ErrorKind> all_error_kinds();

inline std::string_view to_string(ErrorCode code) {
  return kind_of(code).name;
}

// The code of this name; internal for a name that no code has.
ErrorCode error_code_from(std::string_view name);

// How long the caller should wait before it asks again: the error's own advice, else the table's.
std::chrono::milliseconds retry_after(const Error& error);

}  // namespace parlance
