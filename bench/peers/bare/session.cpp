#include "bench/peers/bare/session.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <nlohmann/json.hpp>

#include <array>
#include <cstdio>
#include <utility>

namespace parlance::bare {
namespace {

namespace http = boost::beast::http;

constexpr std::string_view threads_path = "/threads";
constexpr std::string_view wait_path = "/runs/wait";
constexpr std::string_view content_mark = R"("content":")";

// As long as a UUID, and never the same.
std::string next_id() {
  static std::uint64_t last = 0;  // sessions share one thread
  std::array<char, 40> text{};
  std::snprintf(text.data(),
                text.size(),
                "00000000-0000-4000-8000-%012llx",
                static_cast<unsigned long long>(++last));
  return text.data();
}

// A message as Parlance shows it, put together.
std::string message_text(std::string_view content, bool human) {
  std::string text = R"({"content":")";
  text.append(content).append(R"(","id":")").append(next_id());
  text.append(R"(","additional_kwargs":{},"response_metadata":{},"type":)");
  return text.append(human ? R"("human"})" : R"("ai","tool_calls":[],"invalid_tool_calls":[]})");
}

nlohmann::json message_json(const std::string& content, bool human) {
  auto message = nlohmann::json{{"content", content},
                                {"id", next_id()},
                                {"additional_kwargs", nlohmann::json::object()},
                                {"response_metadata", nlohmann::json::object()},
                                {"type", human ? "human" : "ai"}};
  if (!human) {
    message["tool_calls"] = nlohmann::json::array();
    message["invalid_tool_calls"] = nlohmann::json::array();
  }
  return message;
}

}  // namespace

Session::Session(boost::asio::ip::tcp::socket socket, GroupCommit* journal)
    : socket_(std::move(socket)),
      journal_(journal) {
  socket_.set_option(boost::asio::ip::tcp::no_delay(true));
}

void Session::read() {
  request_ = {};
  http::async_read(socket_,
                   buffer_,
                   request_,
                   [self = shared_from_this()](boost::system::error_code failed, std::size_t) {
                     if (!failed) self->answer();
                   });
}

void Session::answer() {
  response_ = {};
  response_.version(request_.version());
  response_.keep_alive(request_.keep_alive());
  response_.set(http::field::content_type, "application/json");
  response_.set("x-content-type-options", "nosniff");
  response_.set("x-request-id", next_id());
  const std::string_view path(request_.target().data(), request_.target().size());
  if (path == threads_path) return create_thread();
  if (path.starts_with(threads_path) && path.ends_with(wait_path))
    return run_turn(path.substr(threads_path.size() + 1,
                                path.size() - threads_path.size() - 1 - wait_path.size()));
  response_.result(http::status::not_found);
  begin("{}");
  write();
}

void Session::create_thread() {
  thread_ = next_id();
  messages_.clear();
  turns_ = 0;
  begin(R"({"thread_id":")" + thread_ +
        R"(","created_at":"2000-01-01T00:00:00.000Z","updated_at":"2000-01-01T00:00:00.000Z",)" +
        R"("metadata":{},"status":"idle","config":{},"interrupts":{},"values":{}})");
  if (journal_ == nullptr) return write();
  journal_->submit({{thread_, response_.body()}}, shared_from_this());
}

void Session::run_turn(std::string_view thread) {
  const auto run = std::string("/threads/").append(thread) + "/runs/" + next_id();
  response_.set(http::field::content_location, run);
  response_.set(http::field::location, run + "/join");
  const auto said = said_in(request_.body());
  if (said.empty()) {
    response_.result(http::status::unprocessable_entity);
    begin("{}");
    return write();
  }
  ++turns_;
  const auto shown = messages_.size();
  add_messages(said);
  if (journal_ == nullptr) {
    begin(R"({"messages":[)" + messages_ + "]}");
    return write();
  }
  // The window of the thread becomes JSON again, as what a client is shown does.
  begin(nlohmann::json{{"messages", nlohmann::json::parse("[" + messages_ + "]")}}.dump());
  const auto place = thread_ + '/' + std::to_string(turns_);
  journal_->submit({{place, messages_.substr(shown)}, {thread_, std::to_string(turns_)}},
                   shared_from_this());
}

// What the user says; of a body that is not parsed, as it stands there.
std::string Session::said_in(std::string_view body) const {
  if (journal_ == nullptr) {
    const auto begin = body.find(content_mark);
    if (begin == std::string_view::npos) return {};
    const auto from = begin + content_mark.size();
    return std::string(body.substr(from, body.find('"', from) - from));
  }
  const auto parsed = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  const nlohmann::json::json_pointer place("/input/messages/0/content");
  if (parsed.is_discarded() || !parsed.contains(place) || !parsed.at(place).is_string()) return {};
  return parsed.at(place).get<std::string>();
}

void Session::add_messages(const std::string& said) {
  if (!messages_.empty()) messages_ += ',';
  if (journal_ == nullptr) {
    messages_ += message_text(said, true) + "," + message_text("echo: " + said, false);
    return;
  }
  messages_ += message_json(said, true).dump() + "," + message_json("echo: " + said, false).dump();
}

void Session::begin(std::string body) {
  response_.body() = std::move(body);
  response_.prepare_payload();
}

void Session::write() {
  http::async_write(socket_,
                    response_,
                    [self = shared_from_this()](boost::system::error_code failed, std::size_t) {
                      if (!failed && self->response_.keep_alive()) self->read();
                    });
}

}  // namespace parlance::bare
