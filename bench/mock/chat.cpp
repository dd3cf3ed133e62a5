#include "bench/mock/chat.hpp"

#include "runtime/base/clock.hpp"

#include <boost/beast/http/status.hpp>

#include <algorithm>
#include <utility>

namespace parlance::bench {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

constexpr std::uint32_t tokens_in_one_write_max = 256;
constexpr std::size_t journal_characters_max = 80;

// An empty one would be the end.
void append_chunk(std::string& bytes, std::string_view text) {
  if (text.empty()) return;
  constexpr std::string_view digits = "0123456789abcdef";
  std::string size;
  for (auto left = text.size(); left > 0; left /= 16) {
    size.insert(size.begin(), digits[left % 16]);
  }
  bytes.append(size).append("\r\n").append(text).append("\r\n");
}

}  // namespace

std::string http_response(unsigned status,
                          std::string_view content_type,
                          std::string_view headers,
                          std::string_view body) {
  std::string text = "HTTP/1.1 " + std::to_string(status) + " ";
  text.append(http::obsolete_reason(static_cast<http::status>(status)));
  text.append("\r\nContent-Type: ").append(content_type);
  text.append("\r\nContent-Length: ").append(std::to_string(body.size())).append("\r\n");
  return text.append(headers).append("\r\n").append(body);
}

MockChat::MockChat(MockState& state, const MockShape& shape, MockConnectionPtr connection)
    : state_(state),
      shape_(shape),
      connection_(std::move(connection)),
      settings_(state.settings) {}

asio::awaitable<MockOutcome> MockChat::answer(const MockConnection::Request& request) {
  const auto read_request = read(request);
  if (read_request) choose_fault();
  entry_ = state_.journal.arrived(
      {.model = prompt_.model,
       .text = std::string(first_characters(prompt_.text, journal_characters_max)),
       .user = prompt_.user,
       .messages = prompt_.messages,
       .stream = prompt_.stream,
       .fault = fault_ ? to_text(*fault_) : "",
       .options = dump(prompt_.options),
       .tokens_in = prompt_.tokens_in});
  connection_->watch([this] { state_.journal.closed(entry_); });

  MockOutcome outcome = MockOutcome::open;
  if (!settings_.key.empty() && shape_.key_of(request) != settings_.key) {
    outcome = co_await refuse(401, shape_.refusal(401));
  } else if (!read_request) {
    outcome = co_await refuse(400, shape_.refusal(read_request.error()));
  } else if (has(MockFaultKind::status)) {
    outcome = co_await refuse(fault_->status, shape_.refusal(fault_->status));
  } else {
    outcome = co_await admitted();
  }
  connection_->stop_watching();
  state_.journal.ended(entry_, outcome);
  if (outcome == MockOutcome::cut) state_.journal.closed(entry_);
  co_return outcome;
}

Result<void> MockChat::read(const MockConnection::Request& request) {
  auto prompt = shape_.read(request);
  if (!prompt) return prompt.error();
  prompt_ = std::move(*prompt);
  prompt_.tokens_cached = std::min(settings_.cached, prompt_.tokens_in);
  for (const auto* name : {"tokens", "first-token-delay", "token-delay", "fault", "fault-share"}) {
    const auto value = request.find("x-mock-" + std::string(name));
    if (value == request.end()) continue;
    if (name == std::string_view("fault")) settings_.fault_share = 1;
    if (auto done = set(settings_, name, std::string(value->value())); !done) return done.error();
  }
  return {};
}

// One draw for each request, faulty or not, so that the n-th request's fate follows from the seed.
void MockChat::choose_fault() {
  const auto draw = state_.random();
  if (settings_.faults.empty()) return;
  if (!settings_.fault_model.empty() && settings_.fault_model != prompt_.model) return;
  const auto limit = settings_.fault_count_max;
  if (limit != 0 && state_.faults_given >= limit) return;
  const double share = static_cast<double>(draw >> 11U) * 0x1p-53;
  if (share >= settings_.fault_share) return;
  ++state_.faults_given;
  fault_ = settings_.faults[draw % settings_.faults.size()];
  if (fault_->kind == MockFaultKind::slow) {
    settings_.first_token_delay *= 10;
    settings_.token_delay *= 10;
  }
}

// Half an answer, and then something else.
bool MockChat::breaks_off() const {
  return fault_ && !has(MockFaultKind::slow) && !has(MockFaultKind::no_done) &&
         !has(MockFaultKind::misfit) && !has(MockFaultKind::brief) &&
         !has(MockFaultKind::foreign) && !has(MockFaultKind::no_usage);
}

bool MockChat::fits_into_minute() {
  const std::uint32_t tokens_out =
      prompt_.embedded.empty() ? std::min(settings_.tokens, prompt_.tokens_max) : 0;
  const auto wait = state_.limits.take(
      settings_, std::uint64_t{prompt_.tokens_in} + tokens_out, MockBucket::Clock::now());
  if (wait) settings_.retry_after = *wait;
  return !wait;
}

asio::awaitable<MockOutcome> MockChat::admitted() {
  if (!fits_into_minute()) co_return co_await refuse(429, shape_.refusal(429));
  const auto asked = state_.slots.ask(*connection_, settings_.slots, settings_.queue);
  if (asked == MockSlots::Answer::refused) co_return co_await refuse(429, shape_.refusal(429));
  if (asked == MockSlots::Answer::wait) {
    state_.journal.waiting(static_cast<std::uint32_t>(state_.slots.waiting()));
    const bool here = co_await connection_->wait_for_wake_up();
    const bool has_slot = here || state_.slots.leave(*connection_);
    state_.journal.waiting(static_cast<std::uint32_t>(state_.slots.waiting()));
    if (!here) {
      if (has_slot) state_.slots.give_back();
      co_return MockOutcome::client_closed;
    }
  }
  state_.journal.began(entry_);
  const auto outcome = co_await serve();
  state_.slots.give_back();
  co_return outcome;
}

asio::awaitable<MockOutcome> MockChat::serve() {
  if (has(MockFaultKind::hang)) co_return co_await hang();
  if (has(MockFaultKind::misfit) && prompt_.json) prompt_.json = R"(["misfit"])";
  if (has(MockFaultKind::no_usage)) prompt_.include_usage = false;
  if (has(MockFaultKind::foreign)) prompt_.echoed = "something else";
  if (has(MockFaultKind::brief)) settings_.tokens = std::max(1U, settings_.tokens / 2);
  const MockAnswer answer(prompt_, entry_, prompt_.embedded.empty() ? settings_.tokens : 1);
  if (prompt_.stream) co_return co_await stream(answer);
  co_return co_await whole(answer);
}

// What is due goes out in one write: the answer keeps its pace on a busy machine.
asio::awaitable<MockOutcome> MockChat::stream(const MockAnswer& answer) {
  const auto last = breaks_off() ? answer.tokens() / 2 : answer.tokens();
  const auto first_due = Clock::now() + settings_.first_token_delay;
  std::string bytes = stream_head();
  std::uint32_t sent = 0;
  for (std::uint32_t made = 0; made < last;) {
    const auto due = first_due + settings_.token_delay * made;
    if (due > Clock::now() || made - sent == tokens_in_one_write_max) {
      const std::uint32_t tokens = made - sent;
      sent = made;
      bool goes_on = co_await write_tokens(bytes, tokens);
      if (goes_on) goes_on = co_await connection_->wait_until(due);
      if (!goes_on) co_return MockOutcome::client_closed;
    }
    if (made == 0) append_chunk(bytes, shape_.begin(answer));
    append_chunk(bytes, shape_.token(answer, made++));
  }
  if (breaks_off()) {
    if (!co_await write_tokens(bytes, last - sent)) co_return MockOutcome::client_closed;
    co_return co_await break_stream();
  }
  append_chunk(bytes, shape_.end(answer));
  if (!has(MockFaultKind::no_done)) append_chunk(bytes, shape_.last());
  bytes += "0\r\n\r\n";
  const bool written = co_await write_tokens(bytes, last - sent);
  co_return written ? MockOutcome::finished : MockOutcome::client_closed;
}

// Empties `bytes`, in which there are so many tokens.
asio::awaitable<bool> MockChat::write_tokens(std::string& bytes, std::uint32_t tokens) {
  const bool written = co_await connection_->write(bytes);
  bytes.clear();
  if (written && tokens > 0) state_.journal.tokens_written(entry_, tokens);
  co_return written;
}

asio::awaitable<MockOutcome> MockChat::break_stream() {
  std::string bytes;
  if (has(MockFaultKind::stall)) co_return co_await hang();
  if (has(MockFaultKind::garbage)) append_chunk(bytes, "data: {\"id\":\"chatcmpl-\n\n");
  if (has(MockFaultKind::error)) append_chunk(bytes, shape_.error_event(500));
  if (!bytes.empty()) co_await connection_->write(bytes += "0\r\n\r\n");
  has(MockFaultKind::reset) ? connection_->reset() : connection_->close();
  co_return MockOutcome::cut;
}

asio::awaitable<MockOutcome> MockChat::whole(const MockAnswer& answer) {
  if (has(MockFaultKind::error)) co_return co_await refuse(500, shape_.refusal(500));
  const auto due =
      Clock::now() + settings_.first_token_delay + settings_.token_delay * (answer.tokens() - 1);
  if (!co_await connection_->wait_until(due)) co_return MockOutcome::client_closed;

  const bool garbage = has(MockFaultKind::garbage);
  const auto response =
      http_response(200,
                    "application/json",
                    headers(200),
                    garbage ? std::string("{\"id\":\"chatcmpl-") : shape_.whole(answer));
  state_.journal.head_written(entry_, 200);
  if (breaks_off() && !garbage) {
    co_await connection_->write(std::string_view(response).substr(0, response.size() / 2));
    co_return co_await break_stream();
  }
  if (!co_await connection_->write(response)) co_return MockOutcome::client_closed;
  if (prompt_.embedded.empty()) state_.journal.tokens_written(entry_, answer.tokens());
  co_return MockOutcome::finished;
}

asio::awaitable<MockOutcome> MockChat::refuse(unsigned status, std::string body) {
  state_.journal.head_written(entry_, status);
  const bool written =
      co_await connection_->write(http_response(status, "application/json", headers(status), body));
  co_return written ? MockOutcome::refused : MockOutcome::client_closed;
}

asio::awaitable<MockOutcome> MockChat::hang() {
  bool here = true;
  while (here) {
    here = co_await connection_->wait_until(Clock::time_point::max());
  }
  co_return MockOutcome::client_closed;
}

std::string MockChat::stream_head() {
  state_.journal.head_written(entry_, 200);
  return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
         "Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n" +
         headers(200) + "\r\n";
}

std::string MockChat::headers(unsigned status) const {
  std::string lines = "x-request-id: req_mock" + std::to_string(entry_) + "\r\n";
  if (settings_.limit_headers)
    lines += shape_.limit_headers(state_.limits.left(Clock::now()), parlance::Clock{}.unix_ms());
  if (status == 429 || status == 503) {
    const auto ms = settings_.retry_after.count();
    lines += "Retry-After: " + std::to_string((ms + 999) / 1'000) + "\r\n";
    lines += "retry-after-ms: " + std::to_string(ms) + "\r\n";
  }
  return lines;
}

}  // namespace parlance::bench
