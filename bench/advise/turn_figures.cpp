#include "bench/advise/turn_figures.hpp"

#include <algorithm>
#include <string>

namespace parlance::bench {

TurnFigures::TurnFigures(const MetricsWindow& window) {
  const auto refused_as = [&](const char* code) {
    return window.rise("parlance_turns_refused_total", "code=\"" + std::string(code) + "\"");
  };
  const auto setting = [&](const char* name) {
    return window.last("parlance_setting", "name=\"" + std::string(name) + "\"");
  };
  seconds = window.seconds();
  accepted = window.rise("parlance_turns_accepted_total");
  refused = window.rise("parlance_turns_refused_total");
  refused_mailbox = refused_as("mailbox_full");
  refused_memory = refused_as("threads_full");
  ended = window.rise("parlance_turn_seconds_count");
  took_s = window.rise("parlance_turn_seconds_sum");
  inside_most = window.most("parlance_mailbox_turns");
  threads_most = window.most("parlance_threads_resident");
  threads_rise = window.rise("parlance_threads_resident");
  memory_bytes = window.last("parlance_process_resident_bytes");
  memory_bytes_rise = window.rise("parlance_process_resident_bytes");
  connections_most = window.most("parlance_http_connections_open");
  connections_refused = window.rise("parlance_http_connections_refused_total");
  turns_waiting_max = setting("threads.turns_waiting_max");
  resident_max = setting("threads.resident_max");
  connections_max = setting("http.connections_max");
}

double TurnFigures::inside_at_once_most() const {
  return std::max({inside_most, connections_most, 1.0});
}

double TurnFigures::came_for_one_in_memory() const {
  const double in_memory = came() - refused_memory;
  return in_memory > 0 ? came() / in_memory : 1;
}

}  // namespace parlance::bench
