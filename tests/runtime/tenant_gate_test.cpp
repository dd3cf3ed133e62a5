#include "runtime/limits/tenant_gate.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace parlance {
namespace {

const TenantId one_tenant{"acme"};
const TenantId another_tenant{"other"};

TEST_CASE("a tenant has its share of a gate, and the others what it leaves") {
  TenantGate gate(3, 2);
  auto first = gate.try_enter(one_tenant);
  const auto second = gate.try_enter(one_tenant);
  CHECK((first && second));
  CHECK_FALSE(gate.try_enter(one_tenant));
  const auto third = gate.try_enter(another_tenant);
  CHECK(third);
  CHECK_FALSE(gate.try_enter(another_tenant));  // the gate is full
  CHECK(gate.inside() == 3);
  first = TenantGate::Ticket{};
  CHECK(gate.inside() == 2);
  CHECK(gate.try_enter(one_tenant));
}

TEST_CASE("who is there already is counted, never refused") {
  TenantGate gate(1, 1);
  const auto first = gate.enter(one_tenant);
  const auto second = gate.enter(one_tenant);
  CHECK((first && second));
  CHECK(gate.inside() == 2);
  CHECK_FALSE(gate.try_enter(another_tenant));
}

TEST_CASE("while who is there already is being counted, nobody else is let in") {
  TenantGate gate(2, 2);
  gate.count_anew();
  CHECK(gate.counting());
  CHECK_FALSE(gate.try_enter(one_tenant));
  const auto first = gate.enter(one_tenant);
  gate.all_counted();
  gate.wait_until_counted(std::chrono::hours(1));  // it has been
  const auto second = gate.try_enter(one_tenant);
  CHECK(second);
  CHECK_FALSE(gate.try_enter(one_tenant));
}

TEST_CASE("a tenant's ticket that is moved is one ticket, and outlives its gate") {
  auto gate = std::make_unique<TenantGate>(1, 1);
  auto first = gate->try_enter(one_tenant);
  auto moved = std::move(first);
  CHECK_FALSE(first);  // NOLINT(bugprone-use-after-move)
  CHECK(gate->inside() == 1);
  gate.reset();
  moved = TenantGate::Ticket{};
}

TEST_CASE("tenants that come and go at once on several threads are never more than fit") {
  TenantGate gate(3, 2);
  std::atomic<int> inside = 0;
  std::atomic<bool> too_many = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, tenant = i % 2 == 0 ? one_tenant : another_tenant] {
      for (int round = 0; round < 5'000; ++round) {
        const auto ticket = gate.try_enter(tenant);
        if (!ticket) continue;
        if (++inside > 3) too_many = true;
        --inside;
      }
    });
  }
  for (auto& thread : threads)
    thread.join();
  CHECK_FALSE(too_many);
  CHECK(gate.inside() == 0);
}

}  // namespace
}  // namespace parlance
