#include "bench/load/requests.hpp"

#include "bench/mock/answer.hpp"
#include "runtime/base/ids.hpp"

#include <algorithm>
#include <utility>

namespace parlance::bench {
namespace {

constexpr std::string_view number_mark = "{n}";
constexpr std::size_t echoed_characters = 40;

}  // namespace

std::string json_escaped(std::string_view text) {
  const auto quoted = dump(Json(text));
  return quoted.substr(1, quoted.size() - 2);
}

std::string_view find_json_string(std::string_view json, std::string_view name) {
  const auto quoted = "\"" + std::string(name) + "\":";
  for (auto at = json.find(quoted); at != std::string_view::npos; at = json.find(quoted, at)) {
    at = json.find_first_not_of(' ', at + quoted.size());
    if (at == std::string_view::npos) return {};
    if (json[at] != '"') continue;
    const auto begin = at + 1;
    auto end = begin;
    while (end < json.size() && json[end] != '"') {
      end += json[end] == '\\' ? 2 : 1;
    }
    return json.substr(begin, std::min(end, json.size()) - begin);
  }
  return {};
}

Requests::Requests(const LoadPlan& plan) : plan_(plan), run_name_(random_uuid()) {
  const auto& target = plan.target;
  headers_ = " HTTP/1.1\r\nHost: " + target.host + ":" + target.port + "\r\n";
  if (!plan.key.empty()) {
    headers_ += plan.surface == Surface::openai ? "Authorization: Bearer " : "x-api-key: ";
    headers_ += plan.key + "\r\n";
  }
  for (const auto& header : plan.headers)
    headers_ += header + "\r\n";
  headers_ += "User-Agent: parlance-bench\r\n";
  rejoin_headers_ = headers_ + "Last-Event-ID: ";
  metrics_ = "GET " + target.path + "/metrics" + headers_ + "\r\n";
  headers_ += "Content-Type: application/json\r\nContent-Length: ";
  for (std::uint32_t token = 1; token < plan.answer_tokens; ++token)
    later_tokens_ += " w" + std::to_string(token);
  new_thread_ = "POST " + target.path + "/threads" + headers_ + "2\r\n\r\n{}";

  if (plan.surface == Surface::openai) {
    body_head_ = R"({"model":)" + dump(Json(plan.agent)) +
                 (plan.mode == AnswerMode::stream ? R"(,"stream":true)" : "") +
                 R"(,"messages":[{"role":"user","content":")";
    body_tail_ = R"("}])";
    return;
  }
  std::string more;
  for (const auto& [name, value] : plan.input.items()) {
    more += "," + dump(Json(name)) + ":" + dump(value);
  }
  body_head_ = R"({"assistant_id":)" + dump(Json(plan.agent)) +
               (plan.mode == AnswerMode::stream ? R"(,"stream_mode":["messages-tuple"])" : "") +
               (plan.trace || plan.reconnect ? R"(,"if_not_exists":"create")" : "") +
               R"(,"multitask_strategy":"enqueue","input":{"messages":[{"role":"user","content":")";
  body_tail_ = R"("}])" + more + "}}";
}

std::string Requests::turn(std::uint64_t number,
                           std::string_view thread,
                           const TraceRow* row) const {
  std::string body = body_head_;
  body.append(json_escaped(text(number)));
  for (std::uint32_t words = 1; row != nullptr && words < row->input_tokens; ++words)
    body.append(" word");
  body.append(body_tail_);
  std::string request = "POST " + plan_.target.path;
  if (plan_.surface == Surface::openai) {
    if (row != nullptr && row->output_tokens > 0)
      body.append(",\"max_tokens\":").append(std::to_string(row->output_tokens));
    if (!thread.empty()) body.append(R"(,"thread_id":")").append(thread).append("\"");
    body.append("}");
    request.append("/v1/chat/completions");
  } else {
    request.append("/threads/").append(thread);
    request.append(plan_.mode == AnswerMode::stream ? "/runs/stream" : "/runs/wait");
  }
  request.append(headers_).append(std::to_string(body.size())).append("\r\n");
  if (plan_.reconnect) {
    request.append("Idempotency-Key: ").append(run_name_).append("-");
    request.append(std::to_string(number)).append("\r\n");
  }
  return request.append("\r\n").append(body);
}

std::string Requests::rejoin(std::string_view thread,
                             std::string_view run,
                             std::string_view last_id) const {
  std::string request = "GET " + plan_.target.path;
  request.append("/threads/").append(thread).append("/runs/").append(run);
  request.append("/stream?stream_mode=messages-tuple").append(rejoin_headers_);
  return request.append(last_id).append("\r\n\r\n");
}

std::string Requests::thread_of_session(std::uint64_t session) const {
  return named_uuid(run_name_ + ':' + std::to_string(session));
}

std::string Requests::expected(std::uint64_t number) const {
  switch (plan_.check) {
    case AnswerCheck::none:
      return {};
    case AnswerCheck::echo:
      return json_escaped("echo: " + text(number));
    case AnswerCheck::mock:
      return json_escaped(std::string(first_characters(text(number), echoed_characters)) +
                          later_tokens_);
  }
  return {};
}

std::string Requests::text(std::uint64_t number) const {
  auto text = plan_.text;
  if (const auto mark = text.find(number_mark); mark != std::string::npos) {
    text.replace(mark, number_mark.size(), std::to_string(number));
  }
  return text;
}

}  // namespace parlance::bench
