// How long the answers of a model are, by the last ones: what a call will probably cost.
//
// A call may ask for answers of thousands of tokens and gets hundreds. Where only the most that it
// could cost counted, a limit of tokens at once would let few calls run, and a tenant that asks for
// long answers would have a smaller share of calls for it. So where tokens are shared, and no limit
// is broken by a long answer, a call counts with its question and the size that nine of ten answers
// have at most. Where the tenth is so long that their mean is more, with that: in the long run
// nobody is given more than counts for him.
//
// The estimate is made anew after each answers_to_know answers, so that who keeps sums of what
// calls count for renews them that often.
//
// Threading: none of its own. Bounds: the sizes of answers_kept answers.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>

namespace parlance {

// What a call may cost.
struct CallTokens {
  CallTokens(std::uint64_t most = 1,
             std::uint64_t of_answer = 0)  // NOLINT: a number is all question
      : at_most(std::max<std::uint64_t>(most, 1)),
        answer_max(std::min(of_answer, at_most)) {}

  std::uint64_t at_most;     // question and longest answer; at least 1
  std::uint64_t answer_max;  // of these, the answer
};

class AnswerSizes {
 public:
  static constexpr std::size_t answers_kept = 64;
  static constexpr std::size_t answers_to_know = 16;

  // True: the estimate was made anew.
  bool add(std::uint32_t tokens) {
    latest_.at(next_) = tokens;
    next_ = (next_ + 1) % answers_kept;
    count_ = std::min(count_ + 1, answers_kept);
    if (next_ % answers_to_know != 0) return false;
    usual_max_ = std::max(ninth_of_ten(), mean());
    return true;
  }

  // answers_to_know have come.
  bool is_known() const { return usual_max_ != UINT64_MAX; }

  // At least 1. At most call.at_most, which it is until then.
  std::uint64_t expected(const CallTokens& call) const {
    const std::uint64_t question = call.at_most - call.answer_max;
    return std::max<std::uint64_t>(question + std::min(call.answer_max, usual_max_), 1);
  }

 private:
  std::uint64_t ninth_of_ten() const {
    auto sizes = latest_;
    const auto end = sizes.begin() + static_cast<std::ptrdiff_t>(count_);
    const auto at = sizes.begin() + static_cast<std::ptrdiff_t>((count_ * 9 - 1) / 10);
    std::nth_element(sizes.begin(), at, end);
    return *at;
  }

  std::uint64_t mean() const {
    const std::uint64_t sum = std::accumulate(latest_.begin(), latest_.end(), std::uint64_t{0});
    return (sum + count_ - 1) / count_;
  }

  std::array<std::uint32_t, answers_kept> latest_{};  // 0 where none has come yet
  std::size_t next_ = 0;
  std::size_t count_ = 0;
  std::uint64_t usual_max_ = UINT64_MAX;
};

}  // namespace parlance
