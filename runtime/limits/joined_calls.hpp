// Who waits for which call: calls that are the same and under way at once are made once.
//
//   lead(1, same)        this call is made
//   find(same) -> 1
//   follow(2, 1)         waits for it
//   leave(1)             the call goes on for 2
//   end(1) -> {2}        its answer is theirs, the oldest first
//
// A shared call has the number of the first who asked for it, also when that one has left.
//
// Bounds: members_max calls share one; the next that is the same leads one of its own, which those
// behind it follow.
// Threading: none of its own; whoever owns it guards it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace parlance {

class JoinedCalls {
 public:
  explicit JoinedCalls(std::size_t members_max = 4'096) : members_max_(members_max) {}

  // The shared call that one of this identity would follow.
  std::optional<std::uint64_t> find(const std::string& identity) const;

  void follow(std::uint64_t call, std::uint64_t shared);
  // `identity` is empty for a call that nobody may follow.
  void lead(std::uint64_t call, std::string identity);

  // All that `call` depends on is on disk. Answers its shared call.
  std::optional<std::uint64_t> ready(std::uint64_t call);
  // Somebody wants the shared call for whom it may be made.
  bool is_ready(std::uint64_t shared) const;

  struct Left {
    std::uint64_t shared = 0;
    bool is_empty = false;   // nobody wants the shared call any more
    bool has_ready = false;  // somebody does for whom it may be made
  };
  std::optional<Left> leave(std::uint64_t call);

  // Those who want it, the oldest first. It is forgotten, and they are.
  std::vector<std::uint64_t> end(std::uint64_t shared);

  std::size_t size() const { return shared_.size(); }

 private:
  struct Member {
    std::uint64_t call = 0;
    bool ready = false;
  };
  struct Shared {
    std::string identity;
    std::vector<Member> members;  // the oldest first
  };

  void forget(std::uint64_t shared);

  const std::size_t members_max_;
  std::unordered_map<std::uint64_t, Shared> shared_;
  std::unordered_map<std::string, std::uint64_t> open_;       // identity -> the newest that has it
  std::unordered_map<std::uint64_t, std::uint64_t> follows_;  // member -> shared call
};

}  // namespace parlance
