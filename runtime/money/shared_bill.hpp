// Who pays for a call to a model that several may share.
//
//   join(1), join(2)    both want its answer
//   sent()              a provider is asked
//   leave(1)            pays nothing: 2 is still there
//   end(told)           2 pays for all of it, as the oldest who is there
//
// The last one who leaves pays for what was sent, by estimate; for a call that was not sent, nobody
// pays. Who leaves does so at once and writes what it pays, and the pool hears of it later: so both
// ask the bill, and the first who does decides. Somebody who joins a call that all others have just
// left pays as well: too much is charged then, never too little.
//
// A run that asks once more owes in place of itself: a thread that was begun again takes its run
// from the one before it, which writes nothing any more, also not what it paid.
//
// An attempt that failed before another one was made costs what its provider told of it, if it did.
//
// Bounds: as many members as the call has (JoinedCalls), and its attempts.
// Threading: any thread; one mutex, held for a look-up.
#pragma once

#include "runtime/llm/chat.hpp"

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace parlance {

class SharedBill {
 public:
  // `run` is empty for a call that belongs to none.
  void join(std::uint64_t member, const std::string& run);

  // Of the provider that was asked last.
  void sent(std::string provider, std::string model);

  struct Attempt {
    std::string provider;
    std::string model;
    Usage told;
  };
  // The attempt that was sent last has failed, and another one may be made.
  void failed(const Usage& told);
  // Those of which something was told, for the one who pays. Once.
  std::vector<Attempt> take_failed();

  // What somebody who leaves has to pay.
  struct Share {
    bool pays = false;          // for what was sent
    std::optional<Usage> told;  // by the provider, of a call that has ended meanwhile
    std::string provider;
    std::string model;
  };
  Share leave(std::uint64_t member);

  // The call is over, and this was told of it. Answers who pays; none: nobody is there.
  std::optional<std::uint64_t> end(std::optional<Usage> told);

 private:
  struct Member {
    std::uint64_t call = 0;
    std::string run;
  };

  std::mutex mutex_;
  std::vector<Member> members_;  // the oldest first; all below: guarded by mutex_
  bool was_sent_ = false;
  bool has_ended_ = false;
  std::optional<Usage> told_;
  std::vector<Attempt> failed_;
  std::string provider_;
  std::string model_;
};

}  // namespace parlance
