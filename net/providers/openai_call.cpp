#include "net/providers/openai_call.hpp"

#include "net/client/retry_after.hpp"
#include "net/providers/openai_wire.hpp"
#include "runtime/base/ids.hpp"

#include <boost/beast/core/string.hpp>

#include <algorithm>
#include <utility>

namespace parlance::net {
namespace {

constexpr std::size_t refusal_bytes_max = 16U << 10U;
constexpr std::size_t detail_bytes_max = 200;
constexpr std::size_t tool_calls_max = 128;
constexpr std::chrono::milliseconds retry_after_max = std::chrono::hours(1);

bool has_type(const HttpHead& head, std::string_view type) {
  const std::string_view value = head.field("content-type");
  const std::string_view start = value.substr(0, type.size());
  return boost::beast::iequals({start.data(), start.size()}, {type.data(), type.size()});
}

// Without the key, which a provider may repeat, and cut between two characters.
std::string presentable(std::string detail, const std::string& api_key) {
  std::size_t at = api_key.empty() ? std::string::npos : detail.find(api_key);
  while (at != std::string::npos) {
    detail.replace(at, api_key.size(), "(key)");
    at = detail.find(api_key, at + 5);
  }
  std::size_t end = std::min(detail.size(), detail_bytes_max);
  while (end < detail.size() && end > 0 && (detail[end] & '\xC0') == '\x80')
    --end;
  detail.resize(end);
  return detail;
}

Error error(ErrorCode code, std::string detail) {
  return Error{code, std::move(detail), {}, {}};
}

}  // namespace

OpenAiCall::OpenAiCall(std::string model,
                       std::string api_key,
                       std::size_t answer_bytes_max,
                       ProviderReports reports)
    : api_key_(std::move(api_key)),
      answer_bytes_max_(answer_bytes_max),
      reports_(std::move(reports)) {
  answer_.model = std::move(model);
}

void OpenAiCall::head(const HttpHead& head) {
  status_ = head.status;
  retry_after_ =
      read_retry_after(head.field("retry-after"), head.field("retry-after-ms"), retry_after_max);
  if (status_ != 200) {
    shape_ = Shape::refusal;
  } else if (!has_type(head, "text/event-stream")) {
    shape_ = Shape::completion;
  }
}

HttpNext OpenAiCall::body(std::string_view piece) {
  if (has_ended_) return HttpNext::stop;
  if (shape_ != Shape::stream) return keep(piece);
  has_progressed_ = false;
  const auto fed = parser_.feed(piece, [this](const SseEvent& read) { event(read); });
  if (!fed) end(fed.error());
  if (has_ended_) return is_whole_ ? HttpNext::finished : HttpNext::stop;
  return has_progressed_ ? HttpNext::progress : HttpNext::waiting;
}

// Keeps the start of a refusal, and the whole of a completion.
HttpNext OpenAiCall::keep(std::string_view piece) {
  const std::size_t bytes_max =
      shape_ == Shape::refusal ? refusal_bytes_max : answer_bytes_max_ * 6 + refusal_bytes_max;
  body_ += piece.substr(0, bytes_max - body_.size());
  if (body_.size() < bytes_max) return HttpNext::progress;
  if (shape_ == Shape::completion) {
    end(error(ErrorCode::answer_too_long, "the provider's answer is too long"));
  } else {
    end(refused());
  }
  return HttpNext::stop;
}

void OpenAiCall::event(const SseEvent& event) {
  if (has_ended_) return;
  if (event.data == "[DONE]") return done();
  auto read = read_chunk(event.data);
  if (!read) return end(read.error());
  if (event.event == "error") {
    return end(error(ErrorCode::provider_failed, "the provider reports an error in its stream"));
  }
  chunk(std::move(*read));
}

void OpenAiCall::chunk(AnswerChunk chunk) {
  if (!chunk.model.empty()) answer_.model = std::move(chunk.model);
  if (chunk.usage) answer_.usage = *chunk.usage;
  if (chunk.stop_reason) stop_reason_ = chunk.stop_reason;
  for (auto& piece : chunk.tool_calls)
    add(std::move(piece));
  if ((chunk.text.empty() && chunk.refusal.empty()) || has_ended_) return;
  answer_.text += chunk.text;
  answer_.refusal += chunk.refusal;
  if (answer_.text.size() + answer_.refusal.size() > answer_bytes_max_) {
    return end(error(ErrorCode::answer_too_long, "the provider's answer is too long"));
  }
  has_progressed_ = true;
  if (!chunk.text.empty()) reports_.said(std::move(chunk.text));
}

void OpenAiCall::add(ToolCallPiece piece) {
  if (has_ended_) return;
  has_progressed_ = true;
  auto& calls = answer_.tool_calls;
  if (piece.index >= tool_calls_max) {
    return end(error(ErrorCode::provider_failed, "the provider calls too many tools"));
  }
  if (piece.index >= calls.size()) calls.resize(piece.index + 1);
  ToolCall& call = calls[piece.index];
  call.id += piece.call.id;
  call.name += piece.call.name;
  call.arguments += piece.call.arguments;
  call_bytes_ += piece.call.id.size() + piece.call.name.size() + piece.call.arguments.size();
  if (call_bytes_ > answer_bytes_max_) {
    end(error(ErrorCode::answer_too_long, "the provider's answer is too long"));
  }
}

// Some providers give none, and a client answers a call by its id.
void OpenAiCall::give_ids(std::vector<ToolCall>& calls) {
  for (auto& call : calls) {
    if (call.id.empty()) call.id = "call_" + random_uuid();
  }
}

void OpenAiCall::done() {
  if (!stop_reason_) {
    return end(error(ErrorCode::provider_failed, "the stream ended without a finish_reason"));
  }
  is_whole_ = true;
  answer_.stop_reason = *stop_reason_;
  give_ids(answer_.tool_calls);
  end(std::move(answer_));
}

void OpenAiCall::ended(const std::optional<HttpFailure>& failure) {
  if (has_ended_) return;
  const bool asked_to_end = failure && (failure->kind == HttpFailureKind::cancelled ||
                                        failure->kind == HttpFailureKind::deadline_passed);
  if (status_ != 0 && shape_ == Shape::refusal && !asked_to_end) return end(refused());
  if (is_complete(failure)) return done();
  if (failure) return end(error_of(*failure));
  if (shape_ == Shape::completion) return read_whole_body();
  const bool has_begun =
      !answer_.text.empty() || !answer_.refusal.empty() || !answer_.tool_calls.empty();
  end(error(ErrorCode::provider_failed,
            has_begun ? "the stream ended in the middle of the answer"
                      : "the stream ended before it answered"));
}

// Some providers end a stream without [DONE], and some leave it open behind the answer.
bool OpenAiCall::is_complete(const std::optional<HttpFailure>& failure) const {
  const bool ended_by_itself = !failure || failure->kind == HttpFailureKind::cut ||
                               failure->kind == HttpFailureKind::too_slow;
  return shape_ == Shape::stream && stop_reason_ && ended_by_itself;
}

void OpenAiCall::read_whole_body() {
  auto read = read_completion(body_);
  if (!read) return end(read.error());
  if (read->text.size() + read->refusal.size() > answer_bytes_max_) {
    return end(error(ErrorCode::answer_too_long, "the provider's answer is too long"));
  }
  if (read->model.empty()) read->model = answer_.model;
  if (!read->text.empty()) reports_.said(read->text);
  give_ids(read->tool_calls);
  end(std::move(read));
}

Error OpenAiCall::refused() const {
  const std::string status = std::to_string(status_);
  // Providers repeat parts of a wrong key, and speak of the account's money.
  if (status_ == 401 || status_ == 403) {
    return error(ErrorCode::credentials_refused,
                 "the provider refused the server's credentials (" + status + ')');
  }
  const ProviderError said = read_provider_error(body_);
  if (status_ == 402 || (status_ == 429 && said.code == "insufficient_quota")) {
    return error(ErrorCode::provider_refused,
                 "the provider refused the server's account (" + status + ')');
  }
  std::string detail = "the provider answered " + status;
  if (!said.code.empty()) detail += " (" + said.code + ')';
  if (!said.message.empty()) detail += ": " + said.message;
  if (status_ == 429) {
    return Error{ErrorCode::model_throttled, std::move(detail), {}, retry_after_};
  }
  if (status_ == 408 || status_ >= 500) {
    return Error{ErrorCode::model_unavailable, std::move(detail), {}, retry_after_};
  }
  if (status_ == 400 || status_ == 413 || status_ == 422) {
    return error(said.code == "context_length_exceeded" ? ErrorCode::context_length_exceeded
                                                        : ErrorCode::request_rejected,
                 std::move(detail));
  }
  return error(status_ >= 400 ? ErrorCode::provider_refused : ErrorCode::provider_failed,
               std::move(detail));
}

Error OpenAiCall::error_of(const HttpFailure& failure) const {
  switch (failure.kind) {
    case HttpFailureKind::cancelled:
      return error(ErrorCode::cancelled, "the call was cancelled");
    case HttpFailureKind::deadline_passed:
      return error(ErrorCode::deadline_passed, "the deadline passed during the provider's call");
    case HttpFailureKind::unreachable:
    case HttpFailureKind::no_answer:
      return error(ErrorCode::model_unavailable, "the provider: " + failure.detail);
    case HttpFailureKind::too_slow:
      return error(answer_.text.empty() ? ErrorCode::model_unavailable : ErrorCode::provider_failed,
                   "the provider: " + failure.detail);
    case HttpFailureKind::cut:
    case HttpFailureKind::malformed:
    case HttpFailureKind::given_up:
      break;
  }
  return error(ErrorCode::provider_failed, "the provider: " + failure.detail);
}

void OpenAiCall::end(Result<ChatAnswer> outcome) {
  has_ended_ = true;
  const ProviderReports reports = std::exchange(reports_, {});
  if (outcome) return reports.ended(std::move(outcome));
  Error failed = outcome.error();
  failed.detail = presentable(std::move(failed.detail), api_key_);
  reports.ended(std::move(failed));
}

}  // namespace parlance::net
