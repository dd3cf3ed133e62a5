# The charts of a load report: uPlot (MIT), which becomes part of parlance-bench. Sets UPLOT_PAGES, a folder with its
# script and its style. They are those of the tests' clients where these are installed (scripts/setup --tests), else they
# come from npm's registry; where that cannot be reached, name a folder that has them:
#
#   cmake --preset release -D UPLOT_FOLDER=/path/to/uplot/dist
set(uplot_version 1.6.32)
set(uplot_archive_sha512
    2883159c6ebccefbb95d751b0b82d010f9e1c0ec41b8bc96d401eda66e882935c89a46cb824332fa369b8cb8122cc6ac36e186cd09bf7a9ded3a4c93c6989023)
set(uplot_script_sha256 19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f)
set(UPLOT_PAGES ${PROJECT_BINARY_DIR}/uplot)

set(uplot_dist ${UPLOT_FOLDER})
if(NOT uplot_dist AND EXISTS ${PROJECT_SOURCE_DIR}/tests/end_to_end/node_modules/uplot/dist)
  set(uplot_dist ${PROJECT_SOURCE_DIR}/tests/end_to_end/node_modules/uplot/dist)
endif()
if(NOT uplot_dist)
  set(archive ${PROJECT_SOURCE_DIR}/build/uplot-${uplot_version}.tgz)
  file(DOWNLOAD https://registry.npmjs.org/uplot/-/uplot-${uplot_version}.tgz ${archive}
       EXPECTED_HASH SHA512=${uplot_archive_sha512} TIMEOUT 60)
  file(ARCHIVE_EXTRACT INPUT ${archive} DESTINATION ${PROJECT_BINARY_DIR}/uplot_archive)
  set(uplot_dist ${PROJECT_BINARY_DIR}/uplot_archive/package/dist)
endif()
file(SHA256 ${uplot_dist}/uPlot.iife.min.js uplot_script)
if(NOT uplot_script STREQUAL uplot_script_sha256)
  message(FATAL_ERROR "${uplot_dist} is not uPlot ${uplot_version}")
endif()
file(COPY ${uplot_dist}/uPlot.iife.min.js ${uplot_dist}/uPlot.min.css DESTINATION ${UPLOT_PAGES})
