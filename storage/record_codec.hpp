// Events, heads and rows as bytes and back. storage/keys.hpp shows the grammar, and
// storage/record_layouts.hpp is it as code.
//
// Threading: pure functions.
//
// Bounds: decoding never throws, never reads past its input, and allocates at most a small multiple
// of it. Whatever is wrong (checksum, version, a length that does not fit) is record_damaged.
#pragma once

#include "runtime/base/result.hpp"
#include "runtime/journal/event.hpp"
#include "runtime/ports/answer_store.hpp"
#include "runtime/ports/journal.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace parlance::storage {

std::string encode(const Event& event);
Result<Event> decode_event(std::string_view value);

std::string encode(const Head& head);
Result<Head> decode_head(std::string_view value);

// All but the delivery's key, which stands in its row's key.
std::string encode(const Delivery& delivery);
Result<Delivery> decode_delivery(std::string_view value);

std::string encode(const Account& account);
Result<Account> decode_account(std::string_view value);

// All but the call's key, which stands in its row's key.
std::string encode(const LedgerRow& row);
Result<LedgerRow> decode_ledger_row(std::string_view value);

// All but the answer's key, which stands in its row's key.
std::string encode(const KeptAnswer& answer);
Result<KeptAnswer> decode_answer(std::string_view value);

// A single moment: the values of `unfinished` and of "erased".
std::string encode_time(std::int64_t unix_ms);
Result<std::int64_t> decode_time(std::string_view value);

}  // namespace parlance::storage
