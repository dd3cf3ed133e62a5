// The sentences of Markdown.
//
// Threading: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace parlance {

// The sentences of a document's prose, markup taken off, on one line each. A list item is a
// sentence of its own, or several. Headings, code blocks, table rows, comments and rules hold none.
//
// A full stop ends a sentence when white space and an upper-case letter, a digit, a quote or code
// follow; not after "e.g." and its like, and not inside `code`.
std::vector<std::string> sentences_of(std::string_view markdown);

// The sentences of one paragraph, its markup still on.
std::vector<std::string> split_sentences(std::string_view paragraph);

// Without emphasis, code marks, images and the addresses of links.
std::string without_markup(std::string_view line);

// A form in which a quotation and its source are the same text, however they are wrapped and marked
// up: look for one inside the other.
std::string comparable(std::string_view markdown);

}  // namespace parlance
