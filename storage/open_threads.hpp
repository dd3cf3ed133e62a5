// Who may write which thread: the newest owner's epoch, and where the thread's sequence ends.
//
// An entry is made when a thread is opened and goes when its newest owner releases it. While an
// opening is on its way nobody may write the thread.
//
// Threading: from any thread. The journal's writer is the only one that checks and moves sequences,
// the readers end openings, the expiry filter asks running().
//
// Bounds: one entry for each thread that is open, so at most as many as are resident.
#pragma once

#include "runtime/ports/journal.hpp"

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace parlance::storage {

struct OpenThread {
  std::uint64_t epoch = 0;
  std::uint64_t seq = 0;          // of the last event
  std::uint64_t incarnation = 0;  // 0: there is no such thread yet
  std::int64_t expires_ms = 0;
  bool running = false;  // has unfinished turns
  bool replaces =
      false;  // what is on disk under its name has expired: the first append replaces it
  std::uint32_t opening = 0;  // openings on their way
};

class OpenThreads {
 public:
  std::optional<OpenThread> find(std::string_view thread) const;

  // From here on the owner so far is fenced.
  void begin_opening(const std::string& thread);

  // Begins it when nobody has the thread open: then nothing that could still be written of it
  // waits. False: somebody has.
  bool begin_first_opening(const std::string& thread);

  // Gives the epoch that the new owner appends with: one more than the stored one and any given
  // out before.
  std::uint64_t end_opening(const std::string& thread,
                            std::uint64_t stored_epoch,
                            OpenThread state);
  void fail_opening(const std::string& thread);

  // After a write: where the thread stands now.
  void advance(const std::string& thread, const OpenThread& state);

  void release(const std::string& thread, std::uint64_t epoch);

  // True while an owner works on a turn of this incarnation: the thread does not expire under it.
  bool running(std::string_view thread, std::uint64_t incarnation) const;

  std::size_t size() const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };

  mutable std::mutex mutex_;
  std::unordered_map<std::string, OpenThread, Hash, std::equal_to<>> threads_;  // guarded by mutex_
};

}  // namespace parlance::storage
