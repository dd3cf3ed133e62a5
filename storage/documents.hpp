// Markdown files as passages: pieces small enough to be quoted, each with the path of its headings
// as its title ("Errors > Overload").
//
// A passage is one or more paragraphs of one section, at most passage_bytes_max together; a longer
// paragraph is split at white space. Code fences are kept whole, in the passage of the paragraph
// before them where they fit. Pictures on lines of their own and HTML comments are left out.
//
// Threading: pure functions, but for the reading of files.
//
// Bounds: files_max files of file_bytes_max each; what is beyond is an error, not left out.
#pragma once

#include "runtime/base/result.hpp"
#include "runtime/llm/chat.hpp"

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace parlance::storage {

inline constexpr std::size_t passage_bytes_max = 1'200;
inline constexpr std::size_t file_bytes_max = 4U << 20U;
inline constexpr std::size_t files_max = 10'000;

// The passages of one file's text, in order.
std::vector<Passage> split_markdown(std::string_view source, std::string_view text);

// Files, and folders with all *.md files below them, in the order of their names. A file's source
// is its name; in a folder it is the folder's name and the path below it. Errors: invalid_value,
// with the path.
Result<std::vector<Passage>> read_documents(std::span<const std::filesystem::path> paths);

}  // namespace parlance::storage
