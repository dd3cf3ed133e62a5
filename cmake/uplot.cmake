# The charts of a load report: uPlot (MIT), of npm's registry, which becomes part of parlance-bench. Sets UPLOT_FOLDER,
# where its uPlot.iife.min.js and uPlot.min.css are. Where the registry cannot be reached, name such a folder yourself:
#
#   cmake --preset release -D UPLOT_FOLDER=/path/to/uplot/dist
set(uplot_version 1.6.32)
set(uplot_sha512
    2883159c6ebccefbb95d751b0b82d010f9e1c0ec41b8bc96d401eda66e882935c89a46cb824332fa369b8cb8122cc6ac36e186cd09bf7a9ded3a4c93c6989023)
if(NOT UPLOT_FOLDER)
  set(archive ${PROJECT_SOURCE_DIR}/build/uplot-${uplot_version}.tgz)
  file(DOWNLOAD https://registry.npmjs.org/uplot/-/uplot-${uplot_version}.tgz ${archive}
       EXPECTED_HASH SHA512=${uplot_sha512} TIMEOUT 60)
  file(ARCHIVE_EXTRACT INPUT ${archive} DESTINATION ${PROJECT_BINARY_DIR}/uplot
       PATTERNS package/dist/uPlot.iife.min.js package/dist/uPlot.min.css)
  set(UPLOT_FOLDER ${PROJECT_BINARY_DIR}/uplot/package/dist)
endif()
