#include "net/door.hpp"

#include <catch2/catch.hpp>

namespace parlance::net {
namespace {

using boost::asio::ip::make_address;
using std::chrono::milliseconds;

struct DoorTest {
  explicit DoorTest(const DoorOptions& options = {})
      : rates(std::make_shared<RateLimits>(rate_options(options))),
        door(options, rates, metrics) {}

  std::optional<Error> enter(const std::string& address,
                             const std::string& key,
                             const std::string& tenant,
                             const std::string& user = {}) {
    Caller caller;
    caller.key_id = key;
    caller.tenant = TenantId{tenant};
    visitor = {};
    if (auto refusal = door.enter(address, caller, now, visitor, headers)) return refusal;
    return door.enter_user(visitor, tenant, user, now, headers);
  }
  // A call to a model that has taken so many.
  void take_tokens(std::uint64_t tokens) {
    rates->add(RateUnit::tokens,
               {{RateOf::key, "a"}, {RateOf::tenant, "acme"}, RateLimits::user_of("acme", "ada")},
               tokens,
               now);
  }
  Door::WrongKey wrong_key(const std::string& address) {
    return door.wrong_key(address, Error{ErrorCode::unauthenticated, {}, {}, {}}, now);
  }

  Registry registry;
  HttpMetrics metrics{registry};
  std::shared_ptr<RateLimits> rates;
  Door door;
  Door::Time now{std::chrono::hours(1)};
  Door::Visitor visitor;  // who came last
  std::string headers;
};

DoorOptions limited(std::uint32_t address, std::uint32_t key, std::uint32_t tenant) {
  DoorOptions options;
  options.requests_per_address_max = address;
  options.requests_per_key_max = key;
  options.requests_per_tenant_max = tenant;
  return options;
}

TEST_CASE("without limits all come in, and nothing is said of them") {
  DoorTest test;
  for (int n = 0; n < 1'000; ++n)
    REQUIRE_FALSE(test.enter("1.2.3.4", "k", "acme"));
  CHECK(test.headers.empty());
}

TEST_CASE("each limit counts by its own name, and the nearest one is told") {
  DoorTest test(limited(5, 3, 7));
  CHECK_FALSE(test.enter("1.1.1.1", "a", "acme"));
  CHECK(test.headers.find("x-ratelimit-limit-requests: 3\r\n"
                          "x-ratelimit-remaining-requests: 2\r\n"
                          "x-ratelimit-reset-requests: ") == 0);
  CHECK_FALSE(test.enter("1.1.1.1", "a", "acme"));
  CHECK_FALSE(test.enter("1.1.1.1", "a", "acme"));
  const auto by_key = test.enter("2.2.2.2", "a", "acme");
  REQUIRE(by_key);
  CHECK(by_key->code == ErrorCode::rate_limited);
  CHECK(by_key->detail == "more than 3 requests of one key in 1m");
  CHECK(*by_key->retry_after > milliseconds(59'000));
  CHECK(*by_key->retry_after < milliseconds(61'000));
  CHECK(test.headers.find("x-ratelimit-remaining-requests: 0\r\n") != std::string::npos);
  CHECK_FALSE(test.enter("1.1.1.1", "b", "acme"));
  CHECK_FALSE(test.enter("1.1.1.1", "b", "acme"));
  CHECK(test.enter("1.1.1.1", "b", "acme")->detail == "more than 5 requests of one address in 1m");
  CHECK_FALSE(test.enter("3.3.3.3", "c", "acme"));
  CHECK_FALSE(test.enter("3.3.3.3", "c", "acme"));
  CHECK(test.enter("3.3.3.3", "c", "acme")->detail == "more than 7 requests of one tenant in 1m");
  CHECK_FALSE(test.enter("3.3.3.3", "d", "other"));
}

TEST_CASE("a refused request counts for none of its limits") {
  DoorTest test(limited(0, 1, 2));
  CHECK_FALSE(test.enter("1.1.1.1", "a", "acme"));
  for (int n = 0; n < 10; ++n)
    CHECK(test.enter("1.1.1.1", "a", "acme"));
  CHECK_FALSE(test.enter("1.1.1.1", "b", "acme"));
  test.now += milliseconds(61'000);
  CHECK_FALSE(test.enter("1.1.1.1", "a", "acme"));
}

TEST_CASE("a user's requests are limited within its tenant, and one too many counts for nobody") {
  DoorOptions options = limited(0, 3, 0);
  options.requests_per_user_max = 1;
  DoorTest test(options);
  CHECK_FALSE(test.enter("1.1.1.1", "a", "acme", "ada"));
  CHECK(test.headers.find("x-ratelimit-limit-requests: 1\r\n"
                          "x-ratelimit-remaining-requests: 0\r\n") == 0);
  for (int n = 0; n < 10; ++n)
    CHECK(test.enter("1.1.1.1", "a", "acme", "ada")->detail ==
          "more than 1 requests of one user in 1m");
  CHECK_FALSE(test.enter("1.1.1.1", "a", "acme", "bob"));
  CHECK_FALSE(test.enter("1.1.1.1", "b", "other", "ada"));
  CHECK_FALSE(test.enter("1.1.1.1", "a", "acme"));
  CHECK(test.enter("1.1.1.1", "a", "acme")->detail == "more than 3 requests of one key in 1m");
  CHECK(test.registry.text().find("parlance_http_rate_limited_total{limit=\"user\"} 10") !=
        std::string::npos);
}

TEST_CASE("who is refused for its tokens behind the door has not come in") {
  DoorOptions options = limited(0, 2, 0);
  options.requests_per_user_max = 1;
  DoorTest test(options);
  for (int n = 0; n < 10; ++n) {
    REQUIRE_FALSE(test.enter("1.1.1.1", "a", "acme", "ada"));
    const auto user_since = test.now;
    test.now += milliseconds(5'000);
    test.door.give_back(test.visitor, user_since, test.now, test.headers);
    CHECK(test.headers.find("x-ratelimit-remaining-requests: 1\r\n") != std::string::npos);
    test.door.give_back(test.visitor, user_since, test.now, test.headers);  // nobody any more
  }
  CHECK_FALSE(test.enter("1.1.1.1", "a", "acme", "ada"));
  CHECK(test.enter("1.1.1.1", "a", "acme", "ada"));
  test.door.give_back(test.visitor, test.now, test.now, test.headers);  // it was refused here
  CHECK(test.enter("1.1.1.1", "a", "acme", "ada"));
  CHECK_FALSE(test.enter("1.1.1.1", "a", "acme", "bob"));
  CHECK(test.enter("1.1.1.1", "a", "acme", "eve"));
}

TEST_CASE("who has used up its tokens is refused until they leave the window") {
  DoorOptions options = limited(0, 100, 0);
  options.tokens_per_key_max = 500;
  options.tokens_per_user_max = 300;
  DoorTest test(options);
  test.take_tokens(299);
  CHECK_FALSE(test.enter("1.1.1.1", "a", "acme", "ada"));
  CHECK(test.headers.find("x-ratelimit-limit-tokens: 300\r\n"
                          "x-ratelimit-remaining-tokens: 1\r\n"
                          "x-ratelimit-reset-tokens: ") != std::string::npos);
  test.take_tokens(1);
  const auto by_user = test.enter("1.1.1.1", "a", "acme", "ada");
  REQUIRE(by_user);
  CHECK(by_user->code == ErrorCode::rate_limited);
  CHECK(by_user->detail == "more than 300 tokens of one user in 1m");
  CHECK(*by_user->retry_after > milliseconds(59'000));
  CHECK_FALSE(test.enter("1.1.1.1", "a", "acme", "bob"));
  test.take_tokens(200);
  CHECK(test.enter("1.1.1.1", "a", "acme", "bob")->detail ==
        "more than 500 tokens of one key in 1m");
  CHECK(test.headers.find("x-ratelimit-remaining-requests: 98\r\n") != std::string::npos);
  test.now += milliseconds(61'000);
  CHECK_FALSE(test.enter("1.1.1.1", "a", "acme", "ada"));
}

TEST_CASE("the clients that are remembered are bounded") {
  DoorOptions options = limited(0, 1, 0);
  options.clients_max = 2;
  DoorTest test(options);
  CHECK_FALSE(test.enter("", "a", "t"));
  CHECK_FALSE(test.enter("", "b", "t"));
  CHECK(test.enter("", "a", "t"));
  CHECK_FALSE(test.enter("", "c", "t"));
  CHECK(test.enter("", "a", "t"));
  CHECK_FALSE(test.enter("", "b", "t"));
}

TEST_CASE("wrong keys are answered, then answered late, then locked out until they stop") {
  DoorTest test;
  milliseconds delay{0};
  for (int n = 0; n < 20; ++n) {
    const auto wrong = test.wrong_key("1.1.1.1");
    REQUIRE(wrong.error.code == ErrorCode::unauthenticated);
    CHECK((wrong.delay.count() == 0) == (n < 5));
    CHECK(wrong.delay >= delay);
    delay = wrong.delay;
  }
  CHECK(delay == milliseconds(1'000));
  const auto locked = test.wrong_key("1.1.1.1");
  CHECK(locked.error.code == ErrorCode::locked_out);
  CHECK(locked.delay.count() == 0);
  CHECK(*locked.error.retry_after > milliseconds(59'000));
  CHECK(test.wrong_key("2.2.2.2").error.code == ErrorCode::unauthenticated);
  for (int n = 0; n < 20; ++n) {
    test.now += milliseconds(30'000);
    for (int knock = 0; knock < 30; ++knock)
      REQUIRE(test.wrong_key("1.1.1.1").error.code == ErrorCode::locked_out);
  }
  test.now += milliseconds(61'000);
  CHECK(test.wrong_key("1.1.1.1").error.code == ErrorCode::unauthenticated);
}

TEST_CASE("an address is the connection's, or what trusted proxies say of it") {
  DoorOptions options;
  options.proxies_trusted = {"10.0.0.1", "10.0.0.2"};
  DoorTest test(options);
  const auto address = [&](const char* peer, std::string_view forwarded_for) {
    return test.door.address_of(make_address(peer), forwarded_for);
  };
  CHECK(address("1.2.3.4", "") == "1.2.3.4");
  CHECK(address("1.2.3.4", "9.9.9.9") == "1.2.3.4");
  CHECK(address("10.0.0.1", "") == "10.0.0.1");
  CHECK(address("10.0.0.1", "9.9.9.9") == "9.9.9.9");
  CHECK(address("10.0.0.1", "8.8.8.8, 9.9.9.9") == "9.9.9.9");
  CHECK(address("10.0.0.1", "8.8.8.8,\t9.9.9.9 , 10.0.0.2") == "9.9.9.9");
  CHECK(address("::ffff:10.0.0.1", "::ffff:9.9.9.9") == "9.9.9.9");
  CHECK(address("10.0.0.1", "9.9.9.9, unknown") == "10.0.0.1");
  CHECK(address("10.0.0.1", "8.8.8.8, 9.9.9.9:4711") == "9.9.9.9");
  CHECK(address("10.0.0.1", "[2001:db8:1:2:3::4]:4711") == "2001:db8:1:2::/64");
  CHECK(address("10.0.0.1", "2001:db8:1:2:3::4") == "2001:db8:1:2::/64");
  CHECK(address("10.0.0.1", "[") == "10.0.0.1");
  CHECK(address("2001:db8:1:2:3::4", "") == "2001:db8:1:2::/64");
  CHECK(address("2001:db8:1:2:ffff::9", "") == "2001:db8:1:2::/64");
}

}  // namespace
}  // namespace parlance::net
