#include "net/response.hpp"

#include "net/json_text.hpp"

#include <algorithm>
#include <chrono>

namespace parlance::net {
namespace {

constexpr std::chrono::milliseconds advice_max{60'000};  // clients obey any number they are given

bool detail_is_for_clients(ErrorCode code) {
  switch (code) {
    case ErrorCode::provider_failed:
    case ErrorCode::model_unavailable:
    case ErrorCode::model_throttled:
    case ErrorCode::retriever_failed:
    case ErrorCode::record_damaged:
    case ErrorCode::storage_failed:
    case ErrorCode::internal:
      return false;
    default:
      return true;
  }
}

std::string_view type_of(int status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 403:
      return "permission_error";
    case 429:
      return "rate_limit_error";
    default:
      return status >= 500 ? "server_error" : "invalid_request_error";
  }
}

}  // namespace

std::chrono::milliseconds advice_of(const Error& error) {
  if (!kind_of(error.code).retry_helps) return std::chrono::milliseconds(0);
  return std::min(retry_after(error), advice_max);
}

Family family_of(std::string_view path) {
  return path.starts_with("/v1/") || path == "/v1" ? Family::openai : Family::plain;
}

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Payload Too Large";
    case 415:
      return "Unsupported Media Type";
    case 422:
      return "Unprocessable Entity";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Status";
  }
}

std::string sentence_of(const Error& error) {
  if (error.detail.empty() || !detail_is_for_clients(error.code)) {
    return std::string(kind_of(error.code).advice);
  }
  return error.field.empty() ? error.detail : error.field + ": " + error.detail;
}

std::string openai_error_object(const Error& error) {
  const auto& kind = kind_of(error.code);
  std::string text = R"({"message":)";
  append_quoted(text, sentence_of(error));
  text.append(R"(,"type":)");
  append_quoted(text, type_of(kind.http_status));
  text.append(R"(,"param":)");
  if (error.field.empty()) {
    text.append("null");
  } else {
    append_quoted(text, error.field);
  }
  text.append(R"(,"code":)");
  append_quoted(text, kind.name);
  const auto advice = advice_of(error);
  if (advice.count() > 0) {
    text.append(R"(,"retry_after_ms":)");
    append_number(text, static_cast<std::uint64_t>(advice.count()));
  }
  text.push_back('}');
  return text;
}

Response error_response(const Error& error, Family family, Retry retry) {
  const auto& kind = kind_of(error.code);
  Response response;
  response.status = kind.http_status;
  response.add_header("x-error-code", kind.name);
  const auto advice = advice_of(error);
  if (advice.count() > 0 && retry != Retry::never) {
    response.add_header("retry-after", std::to_string((advice.count() + 999) / 1'000));
    response.add_header("retry-after-ms", std::to_string(advice.count()));
  }
  const bool clients_would_retry =
      kind.http_status == 409 || kind.http_status == 429 || kind.http_status >= 500;
  const bool is_welcome = kind.retry_helps && retry != Retry::never;
  if (clients_would_retry && !is_welcome) response.add_header("x-should-retry", "false");
  if (error.code == ErrorCode::unauthenticated) response.add_header("www-authenticate", "Bearer");
  if (error.code == ErrorCode::encoding_unsupported)
    response.add_header("accept-encoding", "identity");
  if (family == Family::openai) {
    response.body = R"({"error":)" + openai_error_object(error) + "}";
  } else {
    response.content_type = "text/plain; charset=utf-8";
    response.body = sentence_of(error);
  }
  return response;
}

}  // namespace parlance::net
