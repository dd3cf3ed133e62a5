// How a thread is copied: the original says what there is, as of its last ended turn, and the copy
// reads that from the journal and writes it as its own.
//
//   original   CopyPlan ──► copy   a head that nobody is shown (expires_unmade_ms)
//                                  the records, range by range: read, written, the next one
//                                  the head that makes it a thread
//
// Records keep their places, so that whatever refers to one by its place still does; turns that
// have not ended leave gaps. Runs get ids of their own.
//
// Bounds: one range of range_records_max records (and JournalReader::range_bytes_max bytes) is in
// memory at a time.
#pragma once

#include "actors/thread_state.hpp"

#include <cstdint>
#include <memory>
#include <set>
#include <string>

namespace parlance::actors {

struct CopyPlan {
  ThreadKey from;
  std::uint64_t last_ended_seq = 0;  // 0: no turn has ended
  std::uint64_t turns = 0;           // the highest number of one that has
  std::int64_t ttl_ms = 0;
  std::string metadata;
  ThreadState state;
};

// What the copy knows while it is written.
struct Copying {
  std::shared_ptr<const CopyPlan> plan;
  Conversations::Answer<std::shared_ptr<const ThreadView>> done;
  Head head;                      // that makes it a thread
  std::set<std::uint64_t> turns;  // that are copied
  std::uint64_t next_seq = 1;     // to be read
};

// The run that a run of the original is on the copy.
RunId copied_run(const ThreadKey& copy, const RunId& run);

}  // namespace parlance::actors
