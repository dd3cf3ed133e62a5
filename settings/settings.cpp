#include "settings/settings.hpp"

#include "settings/models.hpp"
#include "settings/money.hpp"
#include "settings/table.hpp"
#include "settings/values.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

namespace parlance {
namespace {

namespace fs = std::filesystem;

// PARLANCE_A__B__C=value sets a.b.c.
void override_by_environment(Json& document, const std::vector<std::string>& environment) {
  constexpr std::string_view prefix = "PARLANCE_";
  for (const auto& entry : environment) {
    const auto equals = entry.find('=');
    if (!entry.starts_with(prefix) || equals == std::string::npos) continue;
    std::string name = entry.substr(prefix.size(), equals - prefix.size());
    if (name.find("__") == std::string::npos) continue;
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
      return static_cast<char>(std::tolower(c));
    });
    const std::string text = entry.substr(equals + 1);
    Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (value.is_discarded()) value = text;
    Json* at = &document;
    while (true) {
      const auto end = name.find("__");
      Json& next = (*at)[name.substr(0, end)];
      if (end == std::string::npos) {
        next = std::move(value);
        break;
      }
      if (!next.is_object()) next = Json::object();
      at = &next;
      name = name.substr(end + 2);
    }
  }
}

std::size_t line_of(std::string_view text, std::size_t byte) {
  return 1 + static_cast<std::size_t>(
                 std::count(text.begin(),
                            text.begin() + static_cast<std::ptrdiff_t>(std::min(byte, text.size())),
                            '\n'));
}

}  // namespace

Result<Settings> load_settings(const fs::path& file,
                               const std::vector<std::string>& environment,
                               std::string_view section) {
  std::ifstream in(file);
  if (!in) return Error{ErrorCode::invalid_value, file.string() + ": cannot be read", {}, {}};
  std::ostringstream text;
  text << in.rdbuf();
  return parse_settings(text.str(), file, environment, section);
}

Result<Settings> parse_settings(std::string_view text,
                                const fs::path& file,
                                const std::vector<std::string>& environment,
                                std::string_view only_section) {
  const auto in_file = [&](const Error& error) {
    return Error{error.code, file.string() + ": " + error.detail, error.field, {}};
  };
  Json document;
  try {
    document = Json::parse(text, nullptr, /*allow_exceptions=*/true, /*ignore_comments=*/true);
  } catch (const Json::parse_error& error) {
    const std::size_t byte = error.byte == 0 ? 0 : error.byte - 1;
    return Error{ErrorCode::invalid_value,
                 file.string() + ":" + std::to_string(line_of(text, byte)) + ": not valid JSON",
                 {},
                 {}};
  }
  if (!document.is_object()) return in_file(wrong_setting("(all)", "must be an object"));
  override_by_environment(document, environment);

  const fs::path folder = file.parent_path();
  Settings settings;
  std::map<std::string, std::set<std::string>> known{
      {"providers", {}}, {"models", {}}, {"agents", {}}, {"prices", {}}, {"budgets", {}}};
  for (const auto& setting : settings_rows()) {
    const auto dot = setting.name.find('.');
    known[setting.name.substr(0, dot)].insert(setting.name.substr(dot + 1));
  }
  for (const auto& [section, value] : document.items()) {
    if (!known.contains(section))
      return in_file(wrong_setting(section, "there is no such section"));
    if (known[section].empty()) continue;
    if (auto fine = known_keys(value, section, known[section]); !fine) return in_file(fine.error());
  }
  settings.storage.path = folder / settings.storage.path;
  for (const auto& setting : settings_rows()) {
    const auto dot = setting.name.find('.');
    const std::string name = setting.name.substr(0, dot);
    if (!only_section.empty() && name != only_section) continue;
    const auto section = document.find(name);
    if (section == document.end() || !section->contains(setting.name.substr(dot + 1))) continue;
    if (auto read = setting.read(settings, (*section)[setting.name.substr(dot + 1)], folder);
        !read) {
      return in_file(read.error());
    }
  }
  if (!only_section.empty()) return settings;
  if (auto read = read_named_parts(document, folder, settings); !read) return in_file(read.error());
  if (auto read = read_money_parts(document, settings); !read) return in_file(read.error());
  return settings;
}

std::string settings_table() {
  std::string text;
  for (const auto& setting : settings_rows()) {
    text += setting.name + "  " + setting.type + "  " +
            (setting.initial.empty() ? "-" : setting.initial) +
            (setting.range.empty() ? "" : "  " + setting.range) + "  " + setting.sentence + "\n";
  }
  return text;
}

}  // namespace parlance
