// Bytes from the network, through all that stands before a turn: the request parser, fed in two
// parts, the JSON checks, and the validation of both families' bodies.
#include "net/body.hpp"
#include "net/request_parser.hpp"
#include "net/routes/langgraph_request.hpp"
#include "net/routes/openai_request.hpp"
#include "net/sse_writer.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace parlance;
using namespace parlance::net;

// Without agents a body is read to its end and then refused; with one whose name is there, not.
const Agents& agents() {
  static const Agents all = [] {
    Agents made;
    made["a"] = std::make_shared<const Agent>();
    return made;
  }();
  return all;
}

const WebhookRules& webhooks() {
  static const WebhookRules any = *WebhookRules::make({"*"});
  return any;
}

void read_body(std::string_view text) {
  for (const bool langgraph : {true, false}) {
    auto body = parse_body(text, 32);
    if (!body) return;
    if (langgraph) {
      const auto run =
          read_run_create(*body, ThreadId{"t1"}, agents(), webhooks(), std::chrono::hours(24));
      if (run && run->input.empty()) std::abort();
    } else {
      const auto completion = read_completion_request(*body, agents());
      if (completion && completion->messages.empty()) std::abort();
    }
  }
}

void parse(std::string_view bytes, std::size_t cut) {
  RequestParser parser(16 * 1024, 64 * 1024);
  std::size_t used = 0;
  for (const std::size_t end : {cut, bytes.size()}) {
    const auto fed = parser.feed(bytes.substr(used, end - used));
    if (!fed) return;
    if (*fed > end - used) std::abort();
    used += *fed;
    if (parser.done()) break;
  }
  if (!parser.done()) return;
  const auto message = parser.take();
  if (message.body().size() > 64 * 1024) std::abort();
  read_body(message.body());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  parse(bytes, size / 2);
  parse(bytes, size);
  read_body(bytes);
  if (const auto id = parse_event_id(bytes); id && *id < EventId{}) std::abort();
  return 0;
}
