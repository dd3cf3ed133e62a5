#include "app/providers.hpp"

#include "actors/offline_provider.hpp"
#include "app/part_options.hpp"
#include "net/providers/http_provider.hpp"

#include <stdexcept>
#include <utility>

namespace parlance {
namespace {

using Provider = std::unique_ptr<ChatProvider>;

// `kind` is one of the settings' but "offline".
const net::WireFormat& wire_of(const std::string& kind) {
  if (kind == "anthropic") return net::anthropic_wire();
  if (kind == "gemini") return net::gemini_wire();
  return net::openai_wire();
}

Result<Provider> make_provider(const std::string& path,
                               const ProviderSettings& settings,
                               const ProviderTools& tools) {
  if (settings.kind == "offline") {
    const actors::OfflineOptions offline{settings.piece_delay};
    return Provider(std::make_unique<actors::OfflineProvider>(tools.actors, offline));
  }
  auto options = provider_options(settings);
  if (settings.api_key) {
    const std::string setting = path + ".api_key";
    auto key = net::open_credential(setting, *settings.api_key, tools.credentials, tools.clock);
    if (!key) return Error{ErrorCode::invalid_value, setting + ": " + key.error().detail, {}, {}};
    options.api_key = std::move(*key);
  }
  try {
    const auto& wire = wire_of(settings.kind);
    return Provider(std::make_unique<net::HttpProvider>(tools.io, wire, std::move(options)));
  } catch (const std::runtime_error& problem) {
    return Error{ErrorCode::invalid_value, path + ": " + problem.what(), {}, {}};
  }
}

}  // namespace

Result<Providers> make_providers(const std::map<std::string, ProviderSettings>& settings,
                                 const ProviderTools& tools) {
  Providers providers;
  for (const auto& [name, provider] : settings) {
    auto made = make_provider("providers." + name, provider, tools);
    if (!made) return made.error();
    providers[name] = std::move(*made);
  }
  return providers;
}

}  // namespace parlance
