// A user's text as a query that FTS5 accepts, whatever the text is.
//
// Threading: pure functions.
//
// Bounds: query_terms_max terms; longer texts are searched by their first ones.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace parlance::storage {

inline constexpr std::size_t query_terms_max = 64;

// What is looked for, in lower case. Words between double quotes are looked for as they stand
// together: "hot tub". Words that say nothing of the subject are left out, unless there are no
// others. Names in code are looked for as they stand and by their parts. Empty when the text has no
// word in it: then nothing can fit.
std::vector<std::string> fts_terms(std::string_view text);

// Quoted, so that nothing in it is an operator: what's -> "what's".
std::string fts_query(std::string_view term);

// A passage need hold only one of the terms: the ranking does the rest.
std::string fts_query(const std::vector<std::string>& terms);

}  // namespace parlance::storage
