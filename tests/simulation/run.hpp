// A turn that clients have asked for, and all that any of them has been told of it, over all lives
// of the server. Readers hold what they are shown against it.
#pragma once

#include "runtime/ports/conversations.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace parlance::simulation {

struct Run {
  explicit Run(TurnRequest asked) : request(std::move(asked)) {}

  TurnRequest request;  // without its deadline, which is set each time it is sent
  std::uint32_t time_max_ms = 0;

  std::uint64_t accepted_seq = 0;  // 0: nobody was told that it was accepted
  std::string accepted_event;
  std::vector<std::pair<std::uint64_t, std::string>> seen;  // records, by seq, encoded
  bool ended = false;                                       // somebody was told its end

  bool may_be_rolled_back = false;  // somebody asked for that
  bool may_be_deleted = false;      // or for the end of its thread

  const std::string& name() const { return request.run.value; }
  const std::string& thread() const { return request.thread.thread.value; }
  bool has_key() const { return !request.request_digest.empty(); }
  bool acknowledged() const { return accepted_seq != 0; }
  bool may_be_gone() const { return may_be_deleted || (may_be_rolled_back && !ended); }
};

}  // namespace parlance::simulation
