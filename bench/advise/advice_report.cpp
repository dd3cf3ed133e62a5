#include "bench/advise/advice_report.hpp"

#include <algorithm>
#include <utility>

namespace parlance::bench {
namespace {

std::string shown_name(const AdvisedSetting& setting) {
  return setting.lane.empty() ? setting.name : setting.lane + " " + setting.name;
}

std::string row(const std::string& title, double left, double right) {
  return text_of("  %-44s %10.4g %10.4g\n", title.c_str(), left, right);
}

std::string heading(const char* title, const char* left, const char* right) {
  return text_of("  %-44s %10s %10s\n", title, left, right);
}

// Sets "threads.resident_max" and the like.
void set_at(Json& configuration, const std::string& name, std::uint64_t value) {
  const auto dot = name.find('.');
  auto& section = configuration[name.substr(0, dot)];
  if (!section.is_object()) section = Json::object();
  section[name.substr(dot + 1)] = value;
}

Json value_of(const AdvisedSetting& setting) {
  return setting.is_flag ? Json(setting.advised != 0) : Json(setting.advised);
}

void set_lane(Json& configuration, const AdvisedSetting& setting) {
  if (!configuration.contains("models") || !configuration["models"].is_object()) return;
  for (auto& role : configuration["models"]) {
    if (!role.is_array()) continue;
    for (auto& lane : role) {
      if (!lane.is_object() || !lane.contains("provider") || !lane.contains("model")) continue;
      if (!lane["provider"].is_string() || !lane["model"].is_string()) continue;
      const std::string name =
          lane["provider"].get<std::string>() + "/" + lane["model"].get<std::string>();
      if (name == setting.lane) lane[setting.name] = value_of(setting);
    }
  }
}

bool is_changed(const AdvisedSetting& setting) {
  return setting.now != setting.advised;
}

Json patch_of(const Advice& advice, const std::optional<Json>& configuration) {
  Json patch = Json::object();
  bool has_lanes = false;
  for (const auto& setting : advice.settings) {
    if (!is_changed(setting)) continue;
    has_lanes = has_lanes || !setting.lane.empty();
    if (setting.lane.empty()) set_at(patch, setting.name, setting.advised);
  }
  if (has_lanes && configuration && configuration->contains("models"))
    patch["models"] = advised_configuration(*configuration, advice)["models"];
  return patch;
}

bool is_expectation(const Json& each) {
  return each.is_object() && each.value("name", Json()).is_string() &&
         each.value("before", Json()).is_number() && each.value("after", Json()).is_number();
}

}  // namespace

std::string report(const Advice& advice) {
  std::string text = heading("setting", "now", "advised");
  for (const auto& setting : advice.settings) {
    text += text_of("%s %-44s %10llu %10llu   ",
                    is_changed(setting) ? ">" : " ",
                    shown_name(setting).c_str(),
                    static_cast<unsigned long long>(setting.now),
                    static_cast<unsigned long long>(setting.advised)) +
            setting.why + "\n";
  }
  if (!advice.expected.empty()) text += "\n" + heading("expected", "before", "after");
  for (const auto& figure : advice.expected)
    text += row(figure.name, figure.before, figure.after);
  if (!advice.not_measured.empty()) text += "\nNot enough was measured:\n";
  for (const auto& each : advice.not_measured)
    text += "  " + each + "\n";
  return text;
}

Json advised_configuration(Json configuration, const Advice& advice) {
  for (const auto& setting : advice.settings) {
    if (!is_changed(setting)) continue;
    if (setting.lane.empty()) {
      set_at(configuration, setting.name, setting.advised);
    } else {
      set_lane(configuration, setting);
    }
  }
  return configuration;
}

Json to_json(const Advice& advice, const std::optional<Json>& configuration) {
  Json settings = Json::array();
  for (const auto& each : advice.settings) {
    settings.push_back({{"lane", each.lane.empty() ? Json(nullptr) : Json(each.lane)},
                        {"name", each.name},
                        {"now", each.now},
                        {"advised", each.advised},
                        {"why", each.why}});
  }
  Json expected = Json::array();
  for (const auto& each : advice.expected)
    expected.push_back({{"name", each.name}, {"before", each.before}, {"after", each.after}});
  return {{"settings", patch_of(advice, configuration)},
          {"advice", std::move(settings)},
          {"expected", std::move(expected)},
          {"not_measured", advice.not_measured}};
}

Result<std::string> report_what_came(const Json& earlier,
                                     const std::map<std::string, double>& came) {
  const bool is_advice =
      earlier.is_object() && earlier.value("expected", Json()).is_array() &&
      std::all_of(earlier["expected"].begin(), earlier["expected"].end(), is_expectation);
  if (!is_advice) return Error{ErrorCode::invalid_value, "is no advice", {}, {}};
  std::string text = heading("what an earlier advice expected", "expected", "came");
  for (const auto& each : earlier["expected"]) {
    const auto name = each["name"].get<std::string>();
    const auto found = came.find(name);
    if (found == came.end()) continue;
    text += row(name, each["after"].get<double>(), found->second);
  }
  return text;
}

}  // namespace parlance::bench
