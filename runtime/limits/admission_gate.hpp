// Counts what is inside, refuses what does not fit, and can be closed.
//
// A Ticket is the right to be inside. It travels with the work (in the message, in the session) and
// gives its place back when destroyed, so a place cannot be lost on an error path.
//
// Bounds: inside_max places, and those who enter() beyond it. The closed flag and the count are one
// atomic word, changed by compare-and-swap, so nobody enters after close() has returned.
//
// Threading: try_enter(), close() and a Ticket's destruction may happen on any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

namespace parlance {

class AdmissionGate {
  struct State;

 public:
  // Move-only right to be inside; empty once moved from.
  class Ticket {
   public:
    Ticket() = default;
    Ticket(Ticket&& other) noexcept : state_(std::move(other.state_)) {}
    Ticket& operator=(Ticket&& other) noexcept {
      std::swap(state_, other.state_);
      return *this;
    }
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;
    ~Ticket() { leave(); }

    explicit operator bool() const { return state_ != nullptr; }

    void leave() {
      if (auto state = std::exchange(state_, nullptr)) state->word.fetch_sub(1);
    }

   private:
    friend class AdmissionGate;
    explicit Ticket(std::shared_ptr<State> state) : state_(std::move(state)) {}

    std::shared_ptr<State> state_;
  };

  explicit AdmissionGate(std::uint32_t inside_max) : state_(std::make_shared<State>(inside_max)) {}

  // Empty when the gate is full or closed.
  [[nodiscard]] Ticket try_enter() {
    std::uint64_t word = state_->word.load();
    do {
      if ((word & closed_bit) != 0 || word >= state_->inside_max) return Ticket{};
    } while (!state_->word.compare_exchange_weak(word, word + 1));
    return Ticket{state_};
  }

  // For what is there already and only has to be counted: never refused.
  [[nodiscard]] Ticket enter() {
    state_->word.fetch_add(1);
    return Ticket{state_};
  }

  // Lets nobody else in. Those inside stay until they leave.
  void close() { state_->word.fetch_or(closed_bit); }

  bool closed() const { return (state_->word.load() & closed_bit) != 0; }
  std::uint32_t inside() const {
    return static_cast<std::uint32_t>(state_->word.load() & ~closed_bit);
  }
  std::uint32_t inside_max() const { return state_->inside_max; }

 private:
  static constexpr std::uint64_t closed_bit = std::uint64_t{1} << 63U;

  struct State {
    explicit State(std::uint32_t max) : inside_max(max) {}

    const std::uint32_t inside_max;
    std::atomic<std::uint64_t> word{0};  // closed_bit, and below it how many are inside
  };

  // Shared with the tickets, which may outlive the gate.
  std::shared_ptr<State> state_;
};

}  // namespace parlance
