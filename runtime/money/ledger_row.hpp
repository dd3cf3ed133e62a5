// One call to a model, as it is charged: who made it, what for, and what it came to.
//
// A call that a budget has reserved has its row before it is made, with its worst case; what it
// came to takes its place. So a row that is still `reserved` when nothing runs is of a call that a
// crash has cut, and the worst case is what it is charged. Rows outlive their threads, and go when
// they are storage.ledger_ttl old.
//
// storage/keys.hpp shows the bytes.
#pragma once

#include "runtime/base/ids.hpp"
#include "runtime/llm/chat.hpp"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace parlance {

struct LedgerKey {
  std::int64_t at_ms = 0;  // since 1970: when it was admitted
  ThreadKey thread;
  std::uint64_t epoch = 0;   // of the thread's owner
  std::uint64_t number = 0;  // of this owner's calls

  auto operator<=>(const LedgerKey&) const = default;
};

// Where the counts are from. On disk: never renumber.
enum class Counted : std::uint8_t { reserved = 1, estimated = 2, told = 3 };
std::string_view to_string(Counted counted);

struct LedgerRow {
  LedgerKey key;
  std::string caller_key;  // the id of the key that asked for the turn
  std::string user;        // whom the client named; may be empty
  std::uint64_t turn = 0;
  RunId run;
  std::string agent;
  std::string node;
  std::string provider;
  std::string model;
  Usage usage;
  std::int64_t nanos = 0;
  std::string price_version;
  Counted counted = Counted::told;

  bool operator==(const LedgerRow&) const = default;
};

}  // namespace parlance
