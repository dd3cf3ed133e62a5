// How many answers the mock provider gives at once, and who waits for one to end.
//
// Threading: the mock's one thread.
// Bounds: by the settings' `slots` and `queue` at the time of asking.
#pragma once

#include "bench/mock/connection.hpp"

#include <cstddef>
#include <cstdint>
#include <list>

namespace parlance::bench {

class MockSlots {
 public:
  enum class Answer : std::uint8_t { taken, wait, refused };

  // With `wait`, the connection is woken up when it has a slot; first come, first served.
  Answer ask(MockConnection& connection, std::size_t slots, std::size_t queue);

  // For a connection that was told to wait and went: true when it had a slot by then, which its
  // caller gives back.
  bool leave(MockConnection& connection);

  // Of a slot that was taken; the first who waits has it from now on.
  void give_back();

  std::size_t waiting() const { return waiting_.size(); }

 private:
  std::size_t taken_ = 0;
  std::size_t slots_ = 0;  // as last asked with
  std::list<MockConnection*> waiting_;
};

}  // namespace parlance::bench
