// The frame around every value on disk: the version of its layout, and a checksum. storage/keys.hpp
// has the grammar.
//
// Threading: pure functions.
//
// Bounds: a frame is five bytes around its body, and opening one copies nothing.
#pragma once

#include "runtime/base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace parlance::storage {

// Each is named for what it added. Values are written in the newest; older ones are read too.
enum class LayoutVersion : std::uint8_t {
  oldest = 1,
  begun = 2,   // begun and retry_after of the ends of turns
  digest = 3,  // request_digest; from here on the checksum is over the version too
  pauses = 4,  // command, starts_ms, next, interrupt
  steps = 5,   // done_ms, step_seqs and fork of turns, made_seq and deadline_ms of heads
  cached = 6,  // tokens_in_cached of usages
  money = 7,   // caller_key, user, spent
  alerts = 8,  // told of accounts
  newest = alerts,
};

struct Frame {
  LayoutVersion version = LayoutVersion::newest;
  std::string_view body;
};

// A frame is begun, its body appended, and then it is closed.
std::string begin_frame();
std::string close_frame(std::string value);

// Errors: record_damaged, for a version that nobody knows and a checksum that does not match.
Result<Frame> open_frame(std::string_view value);

Error damaged(std::string what);

}  // namespace parlance::storage
