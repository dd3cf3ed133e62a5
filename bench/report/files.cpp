#include "bench/report/files.hpp"

#include "bench/report/report_files.hpp"

#include <algorithm>
#include <string_view>

namespace parlance::bench {
namespace {

std::string_view part(std::string_view path) {
  for (const auto& each : report_files()) {
    if (each.path == path) return each.bytes;
  }
  return {};
}

// As it may stand in a script element: nothing in it ends the element.
std::string in_script(std::string text) {
  std::size_t at = 0;
  while ((at = text.find("</", at)) != std::string::npos)
    text.replace(at, 2, "<\\/");
  return text;
}

std::string xml_escaped(std::string_view text) {
  std::string escaped;
  for (const char letter : text) {
    if (letter == '<') {
      escaped += "&lt;";
    } else if (letter == '>') {
      escaped += "&gt;";
    } else if (letter == '&') {
      escaped += "&amp;";
    } else if (letter == '"') {
      escaped += "&quot;";
    } else {
      escaped.push_back(letter);
    }
  }
  return escaped;
}

std::string test_case(std::string_view name, const std::string* failure) {
  std::string text = R"(  <testcase classname="parlance-bench" name=")" + xml_escaped(name) + '"';
  if (failure == nullptr) return text + "/>\n";
  return text + R"(><failure message=")" + xml_escaped(*failure) + "\"/></testcase>\n";
}

}  // namespace

std::string html_report(const Json& figures) {
  std::string_view page = part("index.html");
  std::string text;
  for (;;) {
    const auto begin = page.find("{{");
    text.append(page.substr(0, begin));
    if (begin == std::string_view::npos) return text;
    const auto end = page.find("}}", begin);
    const auto name = page.substr(begin + 2, end - begin - 2);
    text.append(name == "figures" ? in_script(figures.dump()) : std::string(part(name)));
    page.remove_prefix(end + 2);
  }
}

std::string csv_report(const Figures& figures) {
  std::string text =
      "seconds,sent,finished,refused,failed,good,at_once_max,turn_p50_ms,turn_p99_ms,"
      "first_text_p50_ms,first_text_p99_ms\n";
  double seconds = 0;
  for (const auto& each : figures.timeline.intervals()) {
    seconds += std::chrono::duration<double>(Timeline::period).count();
    text += dump(Json(seconds));
    for (const auto count :
         {each.sent, each.finished, each.refused, each.failed, each.good, each.at_once_max})
      text += ',' + std::to_string(count);
    for (const auto time :
         {each.turn_p50_ms, each.turn_p99_ms, each.first_text_p50_ms, each.first_text_p99_ms})
      text += ',' + dump(Json(time));
    text += '\n';
  }
  return text;
}

std::string junit_report(const std::vector<Judgement>& judgements,
                         const std::optional<std::string>& invalid) {
  const auto broken = std::count_if(
      judgements.begin(), judgements.end(), [](const Judgement& each) { return !each.held; });
  std::string text = R"(<?xml version="1.0" encoding="UTF-8"?>)";
  text += "\n<testsuite name=\"load\" tests=\"" + std::to_string(judgements.size() + 1) +
          "\" failures=\"" + std::to_string(broken + (invalid ? 1 : 0)) + "\">\n";
  text += test_case("the run is valid", invalid ? &*invalid : nullptr);
  for (const auto& each : judgements)
    text += test_case(each.text, each.held ? nullptr : &each.measured);
  return text + "</testsuite>\n";
}

}  // namespace parlance::bench
