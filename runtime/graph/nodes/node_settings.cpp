#include "runtime/graph/nodes/node_settings.hpp"

#include "runtime/graph/agent_file.hpp"

#include <fstream>

namespace parlance {

ObjectReader node_reader(const Json& settings) {
  ObjectReader reader(settings);
  reader.required_text("kind");
  reader.object("edges");
  return reader;
}

bool has_edge(const Json& settings, std::string_view edge) {
  const auto edges = settings.find("edges");
  return edges != settings.end() && edges->is_object() && edges->contains(edge);
}

Result<std::string> read_text_file(const std::filesystem::path& folder,
                                   const std::string& name,
                                   std::string_view key) {
  constexpr std::size_t bytes_max = 262'144;
  const auto file = folder / name;
  const auto fault = [&](std::string_view reason) {
    return Error{
        ErrorCode::invalid_value, file.string() + ' ' + std::string(reason), std::string(key), {}};
  };
  if (leaves_folder(name)) return fault("is not in the agent's folder");
  std::ifstream stream(file, std::ios::binary);
  if (!stream || std::filesystem::is_directory(file)) return fault("cannot be read");
  std::string text(bytes_max + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() > bytes_max) return fault("is larger than 256 KiB");
  if (!is_utf8(text)) return fault("is not UTF-8");
  while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
    text.pop_back();
  return text;
}

}  // namespace parlance
