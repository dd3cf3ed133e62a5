#include "settings/models.hpp"

#include "settings/values.hpp"

#include <initializer_list>
#include <map>
#include <set>
#include <utility>

namespace parlance {
namespace {

using std::chrono::milliseconds;
namespace fs = std::filesystem;

Result<ProviderSettings> read_provider(const Json& value,
                                       const std::string& path,
                                       const fs::path& folder) {
  if (auto fine = known_keys(value,
                             path,
                             {"kind",
                              "base_url",
                              "api_key",
                              "ca_file",
                              "connect_time_max",
                              "first_token_time_max",
                              "gap_time_max",
                              "total_time_max",
                              "piece_delay"});
      !fine) {
    return fine.error();
  }
  ProviderSettings provider;
  const auto duration_of = [&](const char* name, milliseconds& into) -> Result<void> {
    if (!value.contains(name)) return {};
    const auto read =
        read_duration(value[name], path + "." + name, milliseconds(0), milliseconds(3'600'000));
    if (!read) return read.error();
    into = *read;
    return {};
  };
  for (const auto& [name, into] : std::initializer_list<std::pair<const char*, milliseconds*>>{
           {"connect_time_max", &provider.connect_time_max},
           {"first_token_time_max", &provider.first_token_time_max},
           {"gap_time_max", &provider.gap_time_max},
           {"total_time_max", &provider.total_time_max},
           {"piece_delay", &provider.piece_delay}}) {
    if (auto read = duration_of(name, *into); !read) return read.error();
  }
  auto kind = read_text(value.value("kind", Json()), path + ".kind");
  if (!kind) return kind.error();
  provider.kind = *kind;
  const std::set<std::string> kinds{"openai", "anthropic", "gemini", "offline"};
  if (!kinds.contains(provider.kind)) {
    return wrong_setting(path + ".kind", "must be one of openai|anthropic|gemini|offline");
  }
  if (provider.kind != "offline") {
    auto url = read_text(value.value("base_url", Json()), path + ".base_url");
    if (!url) return url.error();
    provider.base_url = *url;
    if (!provider.base_url.starts_with("http://") && !provider.base_url.starts_with("https://")) {
      return wrong_setting(path + ".base_url", "must start with http:// or https://");
    }
  }
  if (value.contains("api_key")) {
    auto source = read_credential_source(value["api_key"], path + ".api_key", folder);
    if (!source) return source.error();
    if (source->command.empty()) {  // which is run when the server starts, and not to check a file
      if (const auto now = net::read_credential(*source); !now)
        return wrong_setting(path + ".api_key", now.error().detail);
    }
    provider.api_key = std::move(*source);
  }
  if (value.contains("ca_file")) {
    auto file = read_text(value["ca_file"], path + ".ca_file");
    if (!file) return file.error();
    provider.ca_file = folder / *file;
  }
  return provider;
}

Result<void> read_lane_limits(const Json& item, const std::string& path, LaneSettings& lane) {
  constexpr std::uint64_t calls_most = 1'000'000;
  constexpr std::uint64_t tokens_most = 1'000'000'000'000;
  struct Count {
    const char* name;
    std::uint64_t* into;
    std::uint64_t min;
    std::uint64_t max;
  };
  for (const Count& count :
       {Count{"calls_at_once_min", &lane.calls_at_once_min, 1, calls_most},
        Count{"calls_at_once_max", &lane.calls_at_once_max, 1, calls_most},
        Count{"calls_waiting_max", &lane.calls_waiting_max, 0, calls_most},
        Count{"tokens_at_once_max", &lane.tokens_at_once_max, 0, tokens_most},
        Count{"requests_per_minute_max", &lane.requests_per_minute_max, 0, calls_most},
        Count{"tokens_per_minute_max", &lane.tokens_per_minute_max, 0, tokens_most}}) {
    if (!item.contains(count.name)) continue;
    const auto number = read_count(item[count.name], path + "." + count.name, count.min, count.max);
    if (!number) return number.error();
    *count.into = *number;
  }
  if (lane.calls_at_once_min > lane.calls_at_once_max)
    return wrong_setting(path + ".calls_at_once_min", "must not be more than calls_at_once_max");
  for (const auto& [name, into] :
       {std::pair{"adapts", &lane.adapts}, std::pair{"reads_limits", &lane.reads_limits}}) {
    if (!item.contains(name)) continue;
    if (!item[name].is_boolean()) return wrong_setting(path + "." + name, "must be true or false");
    *into = item[name].get<bool>();
  }
  return {};
}

Result<LaneSettings> read_lane(const Json& item,
                               const std::string& path,
                               const Settings& settings) {
  if (auto fine = known_keys(item,
                             path,
                             {"provider",
                              "model",
                              "calls_at_once_min",
                              "calls_at_once_max",
                              "adapts",
                              "calls_waiting_max",
                              "tokens_at_once_max",
                              "requests_per_minute_max",
                              "tokens_per_minute_max",
                              "reads_limits"});
      !fine) {
    return fine.error();
  }
  LaneSettings lane;
  auto provider = read_text(item.value("provider", Json()), path + ".provider");
  if (!provider) return provider.error();
  lane.provider = *provider;
  if (!settings.providers.contains(lane.provider)) {
    return wrong_setting(path + ".provider", "there is no provider \"" + lane.provider + "\"");
  }
  auto model = read_text(item.value("model", Json()), path + ".model");
  if (!model) return model.error();
  lane.model = *model;
  if (auto fine = read_lane_limits(item, path, lane); !fine) return fine.error();
  return lane;
}

Result<std::vector<LaneSettings>> read_lanes(const Json& value,
                                             const std::string& path,
                                             const Settings& settings) {
  if (!value.is_array() || value.empty()) return wrong_setting(path, "must be a list of lanes");
  std::vector<LaneSettings> lanes;
  for (std::size_t i = 0; i < value.size(); ++i) {
    auto lane = read_lane(value[i], path + "[" + std::to_string(i) + "]", settings);
    if (!lane) return lane.error();
    lanes.push_back(std::move(*lane));
  }
  return lanes;
}

// A provider's model is one lane, however many roles name it: its limits are the same in all of
// them, and a role tries it once.
Result<void> check_lanes(const std::map<std::string, std::vector<LaneSettings>>& models) {
  struct Named {
    const LaneSettings& lane;
    std::string role;
    std::string path;
  };
  std::map<std::pair<std::string, std::string>, Named> lanes;
  for (const auto& [role, chain] : models) {
    for (std::size_t i = 0; i < chain.size(); ++i) {
      const std::string path = "models." + role + "[" + std::to_string(i) + "]";
      const auto [named, is_new] =
          lanes.try_emplace({chain[i].provider, chain[i].model}, Named{chain[i], role, path});
      const Named& first = named->second;
      if (is_new) continue;
      if (first.lane != chain[i])
        return wrong_setting(path,
                             "must have the same limits as " + first.path + ", which is this lane");
      if (first.role == role)
        return wrong_setting(path, "stands in the list already: " + first.path);
    }
  }
  return {};
}

// A role that embeds has lanes, of providers that can.
Result<void> check_embedding_roles(const Settings& settings) {
  const auto& roles = settings.embeddings.roles;
  for (std::size_t i = 0; i < roles.size(); ++i) {
    const std::string path = "embeddings.roles[" + std::to_string(i) + "]";
    const auto chain = settings.models.find(roles[i]);
    if (chain == settings.models.end())
      return wrong_setting(path, "models has no \"" + roles[i] + "\"");
    if (settings.agents.contains(roles[i]))
      return wrong_setting(path, "there is an agent of this name: clients ask for both by it");
    for (const auto& lane : chain->second) {
      const std::string& kind = settings.providers.at(lane.provider).kind;
      if (kind != "openai" && kind != "gemini")
        return wrong_setting(path,
                             "the provider " + lane.provider + " (" + kind + ") embeds nothing");
    }
  }
  return {};
}

}  // namespace

Result<void> read_named_parts(const Json& document, const fs::path& folder, Settings& settings) {
  for (const char* name : {"providers", "models", "agents"}) {
    if (document.contains(name) && !document[name].is_object())
      return wrong_setting(name, "must be an object");
  }
  const Json providers = document.value("providers", Json::object());
  const Json models = document.value("models", Json::object());
  const Json agents = document.value("agents", Json::object());
  for (const auto& [name, value] : providers.items()) {
    auto provider = read_provider(value, "providers." + name, folder);
    if (!provider) return provider.error();
    settings.providers[name] = std::move(*provider);
  }
  for (const auto& [role, value] : models.items()) {
    auto lanes = read_lanes(value, "models." + role, settings);
    if (!lanes) return lanes.error();
    settings.models[role] = std::move(*lanes);
  }
  if (auto fine = check_lanes(settings.models); !fine) return fine.error();
  for (const auto& [name, value] : agents.items()) {
    auto path = read_text(value, "agents." + name);
    if (!path) return path.error();
    settings.agents[name] = folder / *path;
  }
  return check_embedding_roles(settings);
}

}  // namespace parlance
