# Writes OUTPUT, a C++ source with every file below FOLDER, for net/pages.hpp. Run by the build:
#
#   cmake -D FOLDER=pages -D OUTPUT=pages.cpp -P cmake/embed_pages.cmake
file(GLOB_RECURSE files RELATIVE ${FOLDER} ${FOLDER}/*)
list(SORT files)
set(arrays "")
set(rows "")
set(number 0)
foreach(file IN LISTS files)
  file(READ ${FOLDER}/${file} hex HEX)
  file(SHA256 ${FOLDER}/${file} digest)
  string(SUBSTRING ${digest} 0 20 digest)
  string(LENGTH "${hex}" digits)
  math(EXPR bytes "${digits} / 2")
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," hex "${hex}")
  string(REGEX REPLACE "(('....',)('....',)('....',)('....',)('....',)('....',)('....',)('....',))" "\\1\n" hex "${hex}")
  string(APPEND arrays "constexpr char file_${number}[] = {\n${hex}0};\n")
  string(APPEND rows "    {\"${file}\", {file_${number}, ${bytes}}, \"\\\"${digest}\\\"\"},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUTPUT} "#include \"net/pages.hpp\"\n
namespace parlance::net {\nnamespace {\n
${arrays}
constexpr PageFile files[] = {\n${rows}};\n
}  // namespace\n
std::span<const PageFile> page_files() {\n  return files;\n}\n
}  // namespace parlance::net\n")
