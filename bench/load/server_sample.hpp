// What a Parlance holds at one moment: the gauges of its /metrics, and of its process what the
// kernel says where somebody could look.
//
// Threading: plain data and a pure function.
#pragma once

#include "bench/load/metrics_text.hpp"

#include <array>
#include <optional>
#include <string_view>

namespace parlance::bench {

struct ServerSample {
  double at_s = 0;            // after the beginning
  double resident_bytes = 0;  // these three: 0 where nobody could look
  double descriptors = 0;
  double sockets = 0;  // of these
  double threads_resident = 0;
  double turns_inside = 0;
  double calls_running = 0;
  double calls_waiting = 0;
  double streams_open = 0;
  double connections_open = 0;
};

struct SampledFigure {
  std::string_view name;
  double ServerSample::*value;
};
inline constexpr std::array sampled_figures{
    SampledFigure{"resident_bytes", &ServerSample::resident_bytes},
    SampledFigure{"descriptors", &ServerSample::descriptors},
    SampledFigure{"sockets", &ServerSample::sockets},
    SampledFigure{"threads_resident", &ServerSample::threads_resident},
    SampledFigure{"turns_inside", &ServerSample::turns_inside},
    SampledFigure{"calls_running", &ServerSample::calls_running},
    SampledFigure{"calls_waiting", &ServerSample::calls_waiting},
    SampledFigure{"streams_open", &ServerSample::streams_open},
    SampledFigure{"connections_open", &ServerSample::connections_open}};

// None: these are no metrics of a Parlance.
std::optional<ServerSample> server_sample(const MetricsText& metrics);

}  // namespace parlance::bench
