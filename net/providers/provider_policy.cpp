#include "net/providers/provider_policy.hpp"

#include <string>
#include <utility>

namespace parlance::net {
namespace {

ProviderTrouble trouble_of(unsigned status, const ProviderError& said) {
  if (said.trouble != ProviderTrouble::other) return said.trouble;
  switch (status) {
    case 401:
    case 403:
      return ProviderTrouble::credentials;
    case 402:
      return ProviderTrouble::account;
    case 408:
      return ProviderTrouble::overloaded;
    case 429:
      return ProviderTrouble::throttled;
    default:
      return status >= 500 ? ProviderTrouble::overloaded : ProviderTrouble::other;
  }
}

ErrorCode code_of(unsigned status, ProviderTrouble trouble) {
  switch (trouble) {
    case ProviderTrouble::throttled:
      return ErrorCode::model_throttled;
    case ProviderTrouble::overloaded:
      return ErrorCode::model_unavailable;
    case ProviderTrouble::context_length:
      return ErrorCode::context_length_exceeded;
    case ProviderTrouble::credentials:
      return ErrorCode::credentials_refused;
    case ProviderTrouble::account:
      return ErrorCode::provider_refused;
    case ProviderTrouble::other:
      break;
  }
  if (status == 400 || status == 413 || status == 422) return ErrorCode::request_rejected;
  return status >= 400 ? ErrorCode::provider_refused : ErrorCode::provider_failed;
}

std::string detail_of(std::string detail, const ProviderError& said) {
  if (!said.code.empty()) detail += " (" + said.code + ')';
  if (!said.message.empty()) detail += ": " + said.message;
  return detail;
}

Error error(ErrorCode code, std::string detail) {
  return Error{code, std::move(detail), {}, {}};
}

}  // namespace

Error refusal_error(unsigned status,
                    const ProviderError& said,
                    std::optional<std::chrono::milliseconds> retry_after) {
  const ProviderTrouble trouble = trouble_of(status, said);
  Error refusal =
      error(code_of(status, trouble), "the provider answered " + std::to_string(status));
  if (trouble == ProviderTrouble::credentials || trouble == ProviderTrouble::account) {
    refusal.detail = std::string("the provider refused the server's ") +
                     (trouble == ProviderTrouble::account ? "account" : "credentials") + " (" +
                     std::to_string(status) + ')';
    return refusal;
  }
  refusal.detail = detail_of(std::move(refusal.detail), said);
  if (kind_of(refusal.code).retry_helps) {
    refusal.retry_after = retry_after ? retry_after : said.retry_after;
  }
  return refusal;
}

Error answer_error(const ProviderError& said, bool has_begun) {
  std::string detail = detail_of("the provider reports an error in its answer", said);
  const bool passes =
      said.trouble == ProviderTrouble::throttled || said.trouble == ProviderTrouble::overloaded;
  if (has_begun || !passes) return error(ErrorCode::provider_failed, std::move(detail));
  return Error{code_of(200, said.trouble), std::move(detail), {}, said.retry_after};
}

Error transport_error(const HttpFailure& failure, bool has_begun) {
  std::string detail = "the provider failed (" + failure.detail + ')';
  switch (failure.kind) {
    case HttpFailureKind::cancelled:
      return error(ErrorCode::cancelled, "the call was cancelled");
    case HttpFailureKind::deadline_passed:
      return error(ErrorCode::deadline_passed, "the deadline passed during the provider's call");
    case HttpFailureKind::unreachable:
    case HttpFailureKind::no_answer:
      return error(ErrorCode::model_unavailable, std::move(detail));
    case HttpFailureKind::too_slow:
      return error(has_begun ? ErrorCode::provider_failed : ErrorCode::model_unavailable,
                   std::move(detail));
    case HttpFailureKind::cut:
    case HttpFailureKind::malformed:
    case HttpFailureKind::given_up:
      break;
  }
  return error(ErrorCode::provider_failed, std::move(detail));
}

}  // namespace parlance::net
