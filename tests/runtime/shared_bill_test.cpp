#include "runtime/money/shared_bill.hpp"

#include <catch2/catch.hpp>

namespace parlance {
namespace {

constexpr Usage told{3, 5, 0};

TEST_CASE("the oldest who is there when a call ends pays for it") {
  SharedBill bill;
  bill.join(1, {});
  bill.join(2, {});
  bill.join(3, {});
  bill.sent("p", "m");
  CHECK_FALSE(bill.leave(1).pays);
  CHECK(bill.end(told) == 2);
  CHECK_FALSE(bill.leave(3).pays);
}

TEST_CASE("the last who leaves a call pays for what was sent of it") {
  SharedBill bill;
  bill.join(1, {});
  bill.join(2, {});
  bill.sent("p", "m");
  CHECK_FALSE(bill.leave(2).pays);
  CHECK_FALSE(bill.leave(2).pays);
  const auto share = bill.leave(1);
  CHECK(share.pays);
  CHECK_FALSE(share.told);
  CHECK(share.provider == "p");
  CHECK(share.model == "m");
  CHECK_FALSE(bill.end(told));
}

TEST_CASE("a run that asks once more owes in place of itself, and only once") {
  SharedBill bill;
  bill.join(1, "r1");
  bill.join(2, "r2");
  bill.join(3, "r1");
  bill.sent("p", "m");
  CHECK_FALSE(bill.leave(1).pays);
  CHECK_FALSE(bill.leave(2).pays);
  CHECK(bill.end(told) == 3);
}

TEST_CASE("nobody pays for a call that was not sent") {
  SharedBill bill;
  bill.join(1, {});
  CHECK_FALSE(bill.leave(1).pays);
}

TEST_CASE("who leaves a call that has ended for it pays all of it") {
  SharedBill bill;
  bill.join(1, {});
  bill.join(2, {});
  bill.sent("p", "m");
  CHECK(bill.end(told) == 1);
  CHECK_FALSE(bill.leave(2).pays);
  const auto share = bill.leave(1);
  CHECK(share.pays);
  CHECK(share.told == told);
}

TEST_CASE("an attempt that failed is on the bill if something was told of it") {
  SharedBill bill;
  bill.join(1, {});
  bill.sent("p", "m");
  bill.failed({});
  bill.sent("q", "n");
  bill.failed(told);
  bill.sent("p", "m");
  const auto failed = bill.take_failed();
  REQUIRE(failed.size() == 1);
  CHECK(failed[0].provider == "q");
  CHECK(failed[0].model == "n");
  CHECK(failed[0].told == told);
  CHECK(bill.take_failed().empty());
}

TEST_CASE("between two attempts nothing is under way: who leaves pays what was told, and no more") {
  SharedBill bill;
  bill.join(1, {});
  bill.join(2, {});
  bill.sent("p", "m");
  bill.failed({});
  CHECK_FALSE(bill.leave(1).pays);
  SECTION("of a refused attempt nothing was") {
    CHECK_FALSE(bill.leave(2).pays);
  }
  SECTION("of each that something was told of") {
    bill.sent("q", "n");
    bill.failed(told);
    bill.sent("r", "o");
    bill.failed({1, 2, 0});
    const auto share = bill.leave(2);
    CHECK(share.pays);
    CHECK(share.provider == "r");
    CHECK(share.told == Usage{1, 2, 0});
    const auto failed = bill.take_failed();
    REQUIRE(failed.size() == 1);
    CHECK(failed[0].told == told);
  }
  SECTION("the next attempt is paid for again") {
    bill.sent("q", "n");
    CHECK(bill.leave(2).pays);
  }
}

}  // namespace
}  // namespace parlance
