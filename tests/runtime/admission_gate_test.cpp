#include "runtime/limits/admission_gate.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace parlance {
namespace {

TEST_CASE("a gate lets in as many as it has places for") {
  AdmissionGate gate(2);
  auto first = gate.try_enter();
  auto second = gate.try_enter();
  CHECK(first);
  CHECK(second);
  CHECK_FALSE(gate.try_enter());
  CHECK(gate.inside() == 2);
  first.leave();
  CHECK(gate.inside() == 1);
  CHECK(gate.try_enter());
}

TEST_CASE("a gate without places lets nobody in") {
  AdmissionGate gate(0);
  CHECK_FALSE(gate.try_enter());
}

TEST_CASE("a ticket gives its place back once, however it ends") {
  AdmissionGate gate(3);
  {
    auto ticket = gate.try_enter();
    auto moved = std::move(ticket);
    CHECK(moved);
    CHECK_FALSE(ticket);  // NOLINT(bugprone-use-after-move): that a moved-from ticket is empty
    ticket.leave();
    CHECK(gate.inside() == 1);
    moved.leave();
    moved.leave();
    CHECK(gate.inside() == 0);
  }
  CHECK(gate.inside() == 0);
  auto one = gate.try_enter();
  auto two = gate.try_enter();
  one = AdmissionGate::Ticket{};
  CHECK(gate.inside() == 1);
  two = gate.try_enter();
  CHECK(gate.inside() == 1);
}

TEST_CASE("a closed gate lets nobody in, and those inside stay until they leave") {
  AdmissionGate gate(2);
  auto ticket = gate.try_enter();
  gate.close();
  gate.close();
  CHECK(gate.closed());
  CHECK(gate.inside() == 1);
  CHECK_FALSE(gate.try_enter());
  ticket.leave();
  CHECK(gate.inside() == 0);
  CHECK_FALSE(gate.try_enter());
}

TEST_CASE("a ticket may outlive its gate") {
  std::optional<AdmissionGate> gate(std::in_place, 1);
  auto ticket = gate->try_enter();
  gate.reset();
  CHECK(ticket);
}

TEST_CASE("however many threads push, never more are inside than fit") {
  constexpr std::uint32_t places = 3;
  AdmissionGate gate(places);
  std::atomic<std::uint32_t> inside{0};
  std::atomic<std::uint32_t> most{0};
  std::atomic<std::uint64_t> entered{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 5'000; ++round) {
        auto ticket = gate.try_enter();
        if (!ticket) continue;
        const auto now = inside.fetch_add(1) + 1;
        auto seen = most.load();
        while (now > seen && !most.compare_exchange_weak(seen, now)) {
        }
        ++entered;
        inside.fetch_sub(1);
      }
    });
  }
  for (auto& thread : threads)
    thread.join();
  CHECK(most <= places);
  CHECK(entered > 0);
  CHECK(gate.inside() == 0);
}

TEST_CASE(
    "what is there already is counted, also beyond the bound, and leaves room only below it") {
  AdmissionGate gate(1);
  auto first = gate.enter();
  auto second = gate.enter();
  CHECK(gate.inside() == 2);
  CHECK_FALSE(gate.try_enter());
  first.leave();
  CHECK_FALSE(gate.try_enter());
  second.leave();
  CHECK(gate.try_enter());
}

TEST_CASE("nobody enters after close() has returned") {
  for (int round = 0; round < 200; ++round) {
    AdmissionGate gate(1'000'000);
    std::atomic<bool> closed{false};
    std::atomic<int> late{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&] {
        for (;;) {
          const bool was_closed = closed.load();
          const auto ticket = gate.try_enter();
          if (ticket && was_closed) ++late;
          if (!ticket) return;
        }
      });
    }
    gate.close();
    closed = true;
    for (auto& thread : threads)
      thread.join();
    REQUIRE(late == 0);
    REQUIRE(gate.inside() == 0);
  }
}

}  // namespace
}  // namespace parlance
