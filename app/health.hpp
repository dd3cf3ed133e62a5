// Whether the server is ready: nothing has been given up, nothing drains, every part is up, the
// journal can be written and every role has a lane that takes calls.
//
// Threading: from any thread.
#pragma once

#include "actors/part_slot.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/limits/lane.hpp"
#include "runtime/ports/health.hpp"
#include "runtime/ports/journal.hpp"

#include <atomic>
#include <map>
#include <memory>
#include <string>

namespace parlance {

class AppHealth : public Health {
 public:
  using Parts = std::map<std::string, std::shared_ptr<actors::PartSlot>>;

  // The journal, the moment from which on lanes are usable, and the clock outlive it.
  AppHealth(const Journal& journal,
            Parts parts,
            const std::atomic<Lane::Time>& lanes_usable_at,
            const Clock& clock);

  void drain() { draining_ = true; }
  void fail() { failed_ = true; }

  bool ready() const override;
  Json details() const override;
  bool parts_up() const;

 private:
  bool lanes_usable() const;

  const Journal& journal_;
  const Parts parts_;
  const std::atomic<Lane::Time>& lanes_usable_at_;
  const Clock& clock_;
  std::atomic<bool> draining_{false};
  std::atomic<bool> failed_{false};
};

}  // namespace parlance
