// The settings that every configuration may have, a row each: what the golden list shows.
//
// Threading: constant.
#pragma once

#include "settings/settings.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace parlance {

struct Setting {
  std::string name;
  std::string type;
  std::string initial;
  std::string range;
  std::string sentence;
  std::function<Result<void>(Settings&, const Json&, const std::filesystem::path& folder)> read;
  // As a metric shows it: seconds, bytes or a count. Empty for what is no number.
  std::function<double(const Settings&)> number{};
};

const std::vector<Setting>& settings_rows();

}  // namespace parlance
