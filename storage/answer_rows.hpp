// The rows of answers that are kept, read.
//
// Threading: a pure function of the store, from any thread.
#pragma once

#include "runtime/base/result.hpp"
#include "runtime/ports/answer_store.hpp"
#include "storage/journal_store.hpp"

#include <cstdint>
#include <functional>

namespace parlance::storage {

using VisitAnswer = std::function<void(KeptAnswer)>;

// Shows each, those whose time is over among them, and says how many cannot be read. Errors:
// storage_failed.
Result<std::uint64_t> read_answers(JournalStore& store, const VisitAnswer& visit);

}  // namespace parlance::storage
