// The files below pages/, as the build has put them into the program.
//
// Threading: pure.
#pragma once

#include <span>
#include <string_view>

namespace parlance::net {

struct PageFile {
  std::string_view path;  // below pages/: "chat/index.html"
  std::string_view bytes;
  std::string_view etag;  // with its quotes
};

std::span<const PageFile> page_files();

}  // namespace parlance::net
