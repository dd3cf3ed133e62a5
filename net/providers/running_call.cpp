#include "net/providers/running_call.hpp"

#include "net/client/retry_after.hpp"
#include "net/providers/provider_policy.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/base/shortened.hpp"

#include <boost/beast/core/string.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace parlance::net {
namespace {

constexpr std::size_t refusal_bytes_max = 16U << 10U;
constexpr std::size_t vector_bytes_max = 4'096 * 32;  // each number on a line of its own
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
  detail.resize(shortened(detail, detail_bytes_max).size());
  return detail;
}

}  // namespace

RunningCall::RunningCall(const WireFormat& wire,
                         RunningCallOptions options,
                         ProviderReports reports)
    : wire_(wire),
      options_(std::move(options)),
      reports_(std::move(reports)) {
  answer_.model = options_.model;
}

void RunningCall::head(const HttpHead& head) {
  status_ = head.status;
  retry_after_ =
      read_retry_after(head.field("retry-after"), head.field("retry-after-ms"), retry_after_max);
  if (status_ != 200) {
    shape_ = Shape::refusal;
  } else if (options_.vectors_wanted > 0 || !has_type(head, "text/event-stream")) {
    shape_ = Shape::whole;
  }
  if (!reports_.limited) return;
  ToldQuotas told = wire_.read_quotas(head, Clock{}.unix_ms());
  told.refused = status_ == 429;
  if (told.says_something()) reports_.limited(told);
}

HttpNext RunningCall::body(std::string_view piece) {
  if (has_ended_) return HttpNext::stop;
  if (shape_ != Shape::stream) return keep(piece);
  has_progressed_ = false;
  const auto fed = parser_.feed(piece, [this](const SseEvent& event) {
    if (!has_ended_) read(wire_.read_event(event));
  });
  if (!fed && !has_ended_) end(fed.error());
  tell_pieces(false);
  if (has_ended_) return is_whole_ ? HttpNext::finished : HttpNext::stop;
  return has_progressed_ ? HttpNext::progress : HttpNext::waiting;
}

// Keeps the start of a refusal, and the whole of an answer.
HttpNext RunningCall::keep(std::string_view piece) {
  const std::size_t bytes_max = body_bytes_max();
  body_ += piece.substr(0, bytes_max - body_.size());
  if (body_.size() < bytes_max) return HttpNext::progress;
  if (shape_ == Shape::whole) {
    fail(ErrorCode::answer_too_long, "the provider's answer is too long");
  } else {
    end(refused());
  }
  return HttpNext::stop;
}

std::size_t RunningCall::body_bytes_max() const {
  if (shape_ == Shape::refusal) return refusal_bytes_max;
  if (options_.vectors_wanted > 0)
    return options_.vectors_wanted * vector_bytes_max + refusal_bytes_max;
  return options_.answer_bytes_max * 6 + refusal_bytes_max;
}

void RunningCall::read(Result<AnswerChunk> chunk) {
  if (!chunk) return end(chunk.error());
  if (chunk->error) return end(answer_error(*chunk->error, has_begun()));
  const bool is_last = chunk->is_last;
  take(std::move(*chunk));
  if (is_last && !has_ended_) done();
}

void RunningCall::take(AnswerChunk chunk) {
  if (!chunk.model.empty()) answer_.model = std::move(chunk.model);
  if (chunk.stop_reason) stop_reason_ = chunk.stop_reason;
  if (chunk.is_thought) has_progressed_ = true;
  if (chunk.vectors) answer_.vectors = std::move(chunk.vectors);
  add(chunk.usage);
  for (const auto& piece : chunk.tool_calls)
    add(piece);
  if ((chunk.text.empty() && chunk.refusal.empty()) || has_ended_) return;
  answer_.text += chunk.text;
  answer_.refusal += chunk.refusal;
  if (answer_.text.size() + answer_.refusal.size() > options_.answer_bytes_max) {
    return fail(ErrorCode::answer_too_long, "the provider's answer is too long");
  }
  has_progressed_ = true;
  if (!chunk.text.empty()) pieces_.push_back(std::move(chunk.text));
}

void RunningCall::tell_pieces(bool are_last) {
  if (!pieces_.empty()) reports_.said(std::exchange(pieces_, {}), are_last);
}

void RunningCall::add(const ToolCallPiece& piece) {
  if (has_ended_) return;
  has_progressed_ = true;
  ToolCall* const call = call_of(piece);
  if (call == nullptr) {
    return fail(ErrorCode::provider_failed, "the provider calls too many tools");
  }
  call->id += piece.call.id;
  call->name += piece.call.name;
  call->arguments += piece.call.arguments;
  call->signature += piece.call.signature;
  call_bytes_ += piece.call.id.size() + piece.call.name.size() + piece.call.arguments.size() +
                 piece.call.signature.size();
  if (call_bytes_ > options_.answer_bytes_max) {
    fail(ErrorCode::answer_too_long, "the provider's answer is too long");
  }
}

// The call that the piece belongs to, which it may begin; none when there are too many.
ToolCall* RunningCall::call_of(const ToolCallPiece& piece) {
  if (piece.number) {
    const auto known = std::find(call_numbers_.begin(), call_numbers_.end(), piece.number);
    if (known != call_numbers_.end()) {
      return &answer_.tool_calls[static_cast<std::size_t>(known - call_numbers_.begin())];
    }
  }
  if (call_numbers_.size() >= tool_calls_max) return nullptr;
  call_numbers_.push_back(piece.number);
  return &answer_.tool_calls.emplace_back();
}

void RunningCall::add(const UsagePiece& usage) {
  if (usage.tokens_in) answer_.usage.tokens_in = *usage.tokens_in;
  if (usage.tokens_out) answer_.usage.tokens_out = *usage.tokens_out;
  if (usage.tokens_in_cached) answer_.usage.tokens_in_cached = *usage.tokens_in_cached;
}

void RunningCall::done() {
  if (!stop_reason_) {
    return fail(ErrorCode::provider_failed,
                shape_ == Shape::whole ? "the provider's answer is not a finished one"
                                       : "the stream ended without saying why");
  }
  const std::size_t vectors = answer_.vectors ? answer_.vectors->size() : 0;
  if (vectors != options_.vectors_wanted) {
    return fail(ErrorCode::answer_unfit,
                "the provider answered " + std::to_string(options_.vectors_wanted) +
                    " inputs with another number of embeddings: " + std::to_string(vectors));
  }
  is_whole_ = true;
  answer_.stop_reason = *stop_reason_;
  // Not every provider has a word for it.
  if (*stop_reason_ == StopReason::stop && !answer_.tool_calls.empty()) {
    answer_.stop_reason = StopReason::tool_calls;
  }
  // Wrong counts would say that more was cached than read.
  answer_.usage.tokens_in_cached =
      std::min(answer_.usage.tokens_in_cached, answer_.usage.tokens_in);
  // Some providers give no id, and a client answers a call by it; arguments are JSON, also none.
  for (auto& call : answer_.tool_calls) {
    if (call.id.empty()) call.id = "call_" + random_uuid();
    if (call.arguments.empty()) call.arguments = "{}";
  }
  end(std::move(answer_));
}

void RunningCall::ended(std::optional<HttpFailure> failure) {
  if (has_ended_) return;
  if (failure && failure->kind == HttpFailureKind::deadline_passed && options_.limit_is_own) {
    failure = HttpFailure{HttpFailureKind::too_slow, "the answer took longer than total_time_max"};
  }
  const bool asked_to_end = failure && (failure->kind == HttpFailureKind::cancelled ||
                                        failure->kind == HttpFailureKind::deadline_passed);
  if (status_ != 0 && shape_ == Shape::refusal && !asked_to_end) return end(refused());
  if (is_complete(failure)) return done();
  if (failure) return end(transport_error(*failure, has_begun()));
  if (shape_ == Shape::whole) {
    return read(options_.vectors_wanted > 0 ? wire_.read_vectors(body_) : wire_.read_whole(body_));
  }
  fail(ErrorCode::provider_failed,
       has_begun() ? "the stream ended in the middle of the answer"
                   : "the stream ended before it answered");
}

// Some APIs end a stream by its last byte alone, and some endpoints leave it open behind the
// answer.
bool RunningCall::is_complete(const std::optional<HttpFailure>& failure) const {
  const bool ended_by_itself = !failure || failure->kind == HttpFailureKind::cut ||
                               failure->kind == HttpFailureKind::too_slow;
  return shape_ == Shape::stream && stop_reason_ && ended_by_itself;
}

bool RunningCall::has_begun() const {
  return !answer_.text.empty() || !answer_.refusal.empty() || !answer_.tool_calls.empty();
}

Error RunningCall::refused() const {
  return refusal_error(status_, wire_.read_error(body_), retry_after_);
}

void RunningCall::fail(ErrorCode code, std::string detail) {
  end(Error{code, std::move(detail), {}, {}});
}

void RunningCall::end(Result<ChatAnswer> outcome) {
  tell_pieces(true);
  has_ended_ = true;
  const ProviderReports reports = std::exchange(reports_, {});
  if (outcome) return reports.ended(std::move(outcome));
  if (reports.used && !(answer_.usage == Usage{})) reports.used(answer_.usage);
  Error failed = outcome.error();
  failed.detail = presentable(std::move(failed.detail), options_.api_key);
  reports.ended(std::move(failed));
}

}  // namespace parlance::net
