# Writes OUTPUT, a C++ source of FUNCTION (declared in HEADER) with every file below FOLDERS, which
# are separated by `|`. Run by the build:
#
#   cmake -D FOLDERS=pages -D OUTPUT=pages.cpp -D HEADER=net/pages.hpp -D NAMESPACE=net
#         -D FUNCTION=page_files -P cmake/embed_pages.cmake
set(arrays "")
set(rows "")
set(number 0)
string(REPLACE "|" ";" FOLDERS "${FOLDERS}")
foreach(folder IN LISTS FOLDERS)
  file(GLOB_RECURSE files RELATIVE ${folder} ${folder}/*)
  list(SORT files)
  foreach(file IN LISTS files)
    file(READ ${folder}/${file} hex HEX)
    file(SHA256 ${folder}/${file} digest)
    string(SUBSTRING ${digest} 0 20 digest)
    string(LENGTH "${hex}" digits)
    math(EXPR bytes "${digits} / 2")
    string(REGEX REPLACE "(..)" "'\\\\x\\1'," hex "${hex}")
    string(REGEX REPLACE "(('....',)('....',)('....',)('....',)('....',)('....',)('....',)('....',))" "\\1\n" hex "${hex}")
    string(APPEND arrays "constexpr char file_${number}[] = {\n${hex}0};\n")
    string(APPEND rows "    {\"${file}\", {file_${number}, ${bytes}}, \"\\\"${digest}\\\"\"},\n")
    math(EXPR number "${number} + 1")
  endforeach()
endforeach()
file(WRITE ${OUTPUT} "#include \"${HEADER}\"\n
namespace parlance::${NAMESPACE} {\nnamespace {\n
${arrays}
constexpr net::PageFile files[] = {\n${rows}};\n
}  // namespace\n
std::span<const net::PageFile> ${FUNCTION}() {\n  return files;\n}\n
}  // namespace parlance::${NAMESPACE}\n")
