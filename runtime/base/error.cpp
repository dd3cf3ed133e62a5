#include "runtime/base/error.hpp"

#include <array>

namespace parlance {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds none{0};
constexpr milliseconds soon{1'000};

// In the order of the enumerators; kind_of() relies on it and a test holds it.
constexpr std::array kinds{
    ErrorKind{ErrorCode::malformed_json, "malformed_json", 400, false, none,
              "The body is not valid JSON."},
    ErrorKind{ErrorCode::invalid_value, "invalid_value", 422, false, none,
              "A value has the wrong type or range; `param` names it."},
    ErrorKind{ErrorCode::body_too_large, "body_too_large", 413, false, none,
              "Send less, or raise http.body_max."},
    ErrorKind{ErrorCode::headers_too_large, "headers_too_large", 431, false, none,
              "Send fewer or shorter headers, or raise http.headers_max."},
    ErrorKind{ErrorCode::too_deep, "too_deep", 400, false, none,
              "The JSON is nested deeper than http.json_depth_max."},
    ErrorKind{ErrorCode::not_utf8, "not_utf8", 400, false, none, "Text must be UTF-8."},
    ErrorKind{ErrorCode::request_timeout, "request_timeout", 408, true, none,
              "The request did not arrive in time."},
    ErrorKind{ErrorCode::method_not_allowed, "method_not_allowed", 405, false, none,
              "This path exists, but not for this method."},
    ErrorKind{ErrorCode::not_found, "not_found", 404, false, none, "There is nothing at this path."},
    ErrorKind{ErrorCode::unauthenticated, "unauthenticated", 401, false, none,
              "Send a valid API key as `Authorization: Bearer KEY` or `x-api-key: KEY`."},
    ErrorKind{ErrorCode::forbidden, "forbidden", 403, false, none,
              "The key is valid but lacks the scope for this."},
    ErrorKind{ErrorCode::agent_not_found, "agent_not_found", 404, false, none,
              "GET /v1/models lists the agents."},
    ErrorKind{ErrorCode::model_not_found, "model_not_found", 404, false, none,
              "GET /v1/models lists what can be asked for; models_allowed of the agent limits it."},
    ErrorKind{ErrorCode::thread_not_found, "thread_not_found", 404, false, none,
              "The thread does not exist, has expired, or belongs to somebody else."},
    ErrorKind{ErrorCode::run_not_found, "run_not_found", 404, false, none,
              "The thread has no run of this id."},
    ErrorKind{ErrorCode::thread_exists, "thread_exists", 409, false, none,
              "Use if_exists: do_nothing to get the existing thread."},
    ErrorKind{ErrorCode::thread_busy, "thread_busy", 409, false, none,
              "A run is in progress; wait for it or use multitask_strategy: enqueue."},
    ErrorKind{ErrorCode::thread_full, "thread_full", 409, false, none,
              "The thread holds as many messages as its agent allows; start a new one."},
    ErrorKind{ErrorCode::mailbox_full, "mailbox_full", 429, true, soon,
              "The thread already holds threads.turns_waiting_max waiting turns."},
    ErrorKind{ErrorCode::threads_full, "threads_full", 503, true, soon,
              "Every one of the threads.resident_max threads in memory is busy."},
    ErrorKind{ErrorCode::connections_full, "connections_full", 503, true, soon,
              "The server holds as many connections as http.connections_max allows."},
    ErrorKind{ErrorCode::model_queue_full, "model_queue_full", 503, true, soon,
              "Every lane of the model is full, and so is its queue."},
    ErrorKind{ErrorCode::retriever_queue_full, "retriever_queue_full", 503, true, soon,
              "The retriever and its queue are full."},
    ErrorKind{ErrorCode::would_miss_deadline, "would_miss_deadline", 503, true, soon,
              "The queue is too long for this deadline; nothing was started."},
    ErrorKind{ErrorCode::draining, "draining", 503, true, soon,
              "The server is shutting down; another one, or this one after its restart, answers."},
    ErrorKind{ErrorCode::deadline_passed, "deadline_passed", 504, true, none,
              "The turn ran out of time."},
    ErrorKind{ErrorCode::cancelled, "cancelled", 409, false, none, "The turn was cancelled."},
    ErrorKind{ErrorCode::steps_exceeded, "steps_exceeded", 500, false, none,
              "The turn took more steps than limits.steps_max of its agent."},
    ErrorKind{ErrorCode::answer_too_long, "answer_too_long", 502, false, none,
              "The model's answer passed the bound on an answer's size."},
    ErrorKind{ErrorCode::answer_superseded, "answer_superseded", 502, true, none,
              "The text so far was given up; ask again."},
    ErrorKind{ErrorCode::model_unavailable, "model_unavailable", 503, true, soon,
              "No lane of the model can be reached."},
    ErrorKind{ErrorCode::provider_refused, "provider_refused", 502, false, none,
              "The provider refused the request as it was sent."},
    ErrorKind{ErrorCode::provider_failed, "provider_failed", 502, true, none,
              "The provider failed in the middle of its answer."},
    ErrorKind{ErrorCode::retriever_failed, "retriever_failed", 502, true, none,
              "The knowledge of the agent could not be searched."},
    ErrorKind{ErrorCode::reader_too_slow, "reader_too_slow", 503, true, none,
              "The reader fell behind and was cut; it can resume by Last-Event-ID."},
    ErrorKind{ErrorCode::quarantined, "quarantined", 409, false, none,
              "The turn ended its process several times and is not tried again."},
    ErrorKind{ErrorCode::component_restarted, "component_restarted", 503, true, soon,
              "A part of the server failed and was restarted; ask again."},
    ErrorKind{ErrorCode::record_damaged, "record_damaged", 500, false, none,
              "A stored record of the thread fails its checksum; the thread is set apart."},
    ErrorKind{ErrorCode::not_owner, "not_owner", 503, true, soon,
              "Another owner has taken the thread over."},
    ErrorKind{ErrorCode::storage_failed, "storage_failed", 503, true, soon,
              "The journal cannot be written."},
    ErrorKind{ErrorCode::internal, "internal", 500, false, none,
              "A bug. The log has the request id."},
};

static_assert(kinds.size() == static_cast<std::size_t>(ErrorCode::internal) + 1);

}  // namespace

const ErrorKind& kind_of(ErrorCode code) {
  return kinds[static_cast<std::size_t>(code)];
}

std::span<const ErrorKind> all_error_kinds() {
  return kinds;
}

ErrorCode error_code_from(std::string_view name) {
  for (const auto& kind : kinds) {
    if (kind.name == name) return kind.code;
  }
  return ErrorCode::internal;
}

std::chrono::milliseconds retry_after(const Error& error) {
  return error.retry_after.value_or(kind_of(error.code).retry_after);
}

}  // namespace parlance
