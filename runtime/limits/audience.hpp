// Those who hear what is said in one call. Who comes later first hears all that was said before,
// at once, and then, like everybody, what is said as it is said: the same pieces in the same order.
//
// Bounds: bytes_kept_max of pieces are kept for those who come later; once more was said, nobody
// is taken in any more. Listeners are bounded by whoever adds them.
// Threading: safe. Listeners are told by whichever thread says or adds, one at a time: they must
// not block, and not come back here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace parlance {

class Audience {
 public:
  struct Listener {
    std::uint64_t call = 0;
    std::function<void()> taken_in;  // before anything is told
    std::function<void(std::vector<std::string> pieces, bool are_last)> told;
  };

  // 0: for one listener alone, who is there from the start.
  explicit Audience(std::uint32_t bytes_kept_max) : bytes_kept_max_(bytes_kept_max) {}

  // False: what was said is not kept any more, and `listener` was told nothing.
  bool add(Listener listener);
  void remove(std::uint64_t call);

  // True for the first time.
  bool say(std::vector<std::string> pieces, bool are_last);

  bool has_heard() const;

 private:
  void keep(const std::string& piece);

  mutable std::mutex mutex_;
  const std::uint32_t bytes_kept_max_;
  std::vector<Listener> listeners_;       // all below: guarded by mutex_
  std::string kept_;                      // the pieces, one behind the other…
  std::vector<std::uint32_t> ends_kept_;  // … and where each ends
  std::size_t bytes_said_ = 0;
  bool has_heard_ = false;
};

}  // namespace parlance
