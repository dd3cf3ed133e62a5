// The parts of a load report's page, as the build has put them into the program.
//
// Threading: pure.
#pragma once

#include "net/pages.hpp"

#include <span>

namespace parlance::bench {

// index.html, report.css, report.js of bench/report/page; uPlot.iife.min.js and uPlot.min.css.
std::span<const net::PageFile> report_files();

}  // namespace parlance::bench
