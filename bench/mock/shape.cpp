#include "bench/mock/shape.hpp"

namespace parlance::bench {

const MockShape* shape_at(std::string_view path) {
  if (path == "/v1/chat/completions" || path == "/v1/embeddings") return &openai_shape();
  if (path == "/v1/messages") return &anthropic_shape();
  if (path.starts_with("/v1beta/models/")) return &gemini_shape();
  return nullptr;
}

std::string sse_event(std::string_view name, std::string_view data) {
  std::string event;
  event.reserve(name.size() + data.size() + 16);
  if (!name.empty()) event.append("event: ").append(name).append("\n");
  return event.append("data: ").append(data).append("\n\n");
}

}  // namespace parlance::bench
