// How long the answers of a model are, by those that it gave last: what a call will probably cost.
//
// A call may ask for answers of thousands of tokens and gets hundreds. Where only the most that it
// could cost counted, a limit of tokens at once would let few calls run, and a tenant that asks for
// long answers would have a smaller share of calls for it. So where tokens are shared, and no limit
// is broken by a long answer, a call counts with its question and the size that nine of ten answers
// have at most.
//
// Threading: none of its own. Bounds: the sizes of answers_kept answers.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

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
  static constexpr std::size_t answers_to_know = 20;

  void add(std::uint64_t tokens) {
    latest_.at(next_) = tokens;
    next_ = (next_ + 1) % answers_kept;
    count_ = std::min(count_ + 1, answers_kept);
    if (count_ >= answers_to_know) usual_max_ = ninth_of_ten();
  }

  // At least 1. At most call.at_most, which it is until answers_to_know have come.
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

  std::array<std::uint64_t, answers_kept> latest_{};
  std::size_t next_ = 0;
  std::size_t count_ = 0;
  std::uint64_t usual_max_ = UINT64_MAX;
};

}  // namespace parlance
