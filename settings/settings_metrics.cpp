#include "settings/settings_metrics.hpp"

#include "settings/table.hpp"

namespace parlance {

void show_settings(Registry& registry, const Settings& settings) {
  for (const auto& setting : settings_rows()) {
    if (!setting.number) continue;
    registry
        .gauge("parlance_setting",
               "Settings in force: counts, seconds and bytes",
               {{"name", setting.name}})
        .Set(setting.number(settings));
  }
}

}  // namespace parlance
