// A user's text as a query that FTS5 accepts, whatever the text is.
//
// Each word is quoted, so that nothing in it is an operator: what's -> "what's". Words between
// double quotes are looked for as they stand together: "hot tub". Words that say nothing of the
// subject are left out, unless there are no others. Names in code are looked for as
// they stand and by their parts. A passage need hold only one of the words: the ranking does the
// rest.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace parlance::storage {

// Longer texts are searched by their first terms.
inline constexpr std::size_t query_terms_max = 64;

// Empty when the text has no word in it: then nothing can fit.
std::string fts_query(std::string_view text);

}  // namespace parlance::storage
