#include "actors/llm_pool.hpp"

#include "actors/actor_pools.hpp"
#include "tests/support/actor_test.hpp"
#include "tests/support/fake_provider.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace parlance::actors {
namespace {

using namespace std::chrono_literals;

struct Answers {
  std::vector<std::uint64_t> admitted;
  std::map<std::uint64_t, std::string> said;
  std::map<std::uint64_t, std::shared_ptr<Result<ChatAnswer>>> answered;
};

// Stands for a thread that asks, and goes on at once.
class ModelAsker : public caf::event_based_actor {
 public:
  ModelAsker(caf::actor_config& config, Answers& answers)
      : caf::event_based_actor(config),
        answers_(answers) {}

 protected:
  caf::behavior make_behavior() override {
    return {[this](CallAdmitted admitted) { answers_.admitted.push_back(admitted.call); },
            [this](Said& said) {
              for (const auto& piece : said.pieces)
                answers_.said[said.call] += piece + '|';
            },
            [this](Answered& report) { answers_.answered[report.call] = report.answer; }};
  }

 private:
  Answers& answers_;
};

// Two lanes for one role: `first`, and `second` behind it.
struct LlmPoolTest : tests::ActorTest {
  LlmPoolTest() {
    for (auto& [name, provider] : fakes) {
      auto fake = std::make_unique<tests::FakeProvider>();
      provider = fake.get();
      providers[name] = std::move(fake);
    }
  }
  ~LlmPoolTest() {
    slot->clear();
    end_actors();
    for (auto& [name, provider] : fakes)
      provider->calls.clear();
    run_messages();
  }

  void start_pool(const std::vector<LaneOptions>& lanes) { start_roles({{"main", lanes}}); }
  void start_roles(const RoleOptions& roles) {
    asker = ends_with_test(system.spawn<ModelAsker>(answers));
    pool = ends_with_test(system.spawn<LlmPool>(
        roles,
        LlmPoolTools{providers, registry, clock, &kept, usable_at, [this](const std::string& key) {
                       return classes[key];
                     }}));
    slot->set({pool, 1});
    run_messages();
  }

  static std::shared_ptr<ChatRequest> request_of(const std::string& model = {}) {
    auto request = std::make_shared<ChatRequest>();
    request->role = "main";
    request->model_override = model;
    return request;
  }

  void send(std::uint64_t call,
            std::shared_ptr<const ChatRequest> request,
            const std::string& tenant = "acme",
            std::chrono::milliseconds time = 60s,
            const std::string& key = {},
            const RunId& run = {}) {
    caf::anon_send(pool,
                   Ask{call,
                       std::move(request),
                       Deadline::at(clock.now() + time),
                       tenant,
                       "r" + std::to_string(call),
                       asker,
                       key,
                       run});
    run_messages();
  }

  void proceed(std::uint64_t call) {
    caf::anon_send(pool, Proceed{call});
    run_messages();
  }

  void abandon(std::uint64_t call) {
    caf::anon_send(pool, Abandon{call});
    run_messages();
  }

  void ask(std::uint64_t call, const std::string& model = {}) {
    send(call, request_of(model));
    proceed(call);
  }

  // A call that may be joined.
  void ask_same(std::uint64_t call,
                const std::string& tenant = "acme",
                std::chrono::milliseconds time = 60s,
                const std::string& key = {},
                const RunId& run = {}) {
    auto request = request_of();
    request->joins_identical = true;
    send(call, std::move(request), tenant, time, key, run);
  }

  // A call whose answer is kept.
  void ask_kept(std::uint64_t call, const std::string& tenant = "acme") {
    auto request = request_of();
    request->answer_kept_time = 60s;
    send(call, std::move(request), tenant);
    proceed(call);
  }

  void say(std::size_t call, const std::string& piece) {
    fakes.at("first")->calls.at(call)->say(piece);
    run_messages();
  }

  void end(const std::string& provider, std::size_t call, Result<ChatAnswer> answer) {
    fakes.at(provider)->calls.at(call)->end(std::move(answer));
    run_messages();
  }

  // The lanes as they are, or those that a change was for.
  Result<std::vector<LaneView>> tuned(std::optional<LaneChange> change = {}) {
    ActorPools pools{slot};
    std::optional<Result<std::vector<LaneView>>> lanes;
    const auto done = [&](auto answer) { lanes.emplace(std::move(answer)); };
    if (change) {
      pools.change(*change, done);
    } else {
      pools.lanes(done);
    }
    run_messages();
    REQUIRE(lanes);
    return *lanes;
  }
  LaneChange named(const std::string& provider, std::optional<LaneMode> mode = {}) {
    LaneChange change;
    change.provider = provider;
    change.model = provider == "first" ? "large" : "small";
    change.mode = mode;
    return change;
  }

  // How many messages are under way that are due later.
  std::size_t timers() {
    auto& scheduler = dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());
    return scheduler.clock().schedule().size();
  }

  bool usable() { return clock.now() >= usable_at->load(); }

  std::size_t calls(const std::string& provider) { return fakes.at(provider)->calls.size(); }

  ErrorCode failure(std::uint64_t call) {
    const auto answer = answers.answered.find(call);
    return answer == answers.answered.end() || *answer->second ? ErrorCode::internal
                                                               : answer->second->error().code;
  }

  Answers answers;
  Registry registry;
  KeptAnswers kept{1'000'000};
  std::map<std::string, std::unique_ptr<ChatProvider>> providers;
  std::map<std::string, tests::FakeProvider*> fakes{{"first", nullptr}, {"second", nullptr}};
  std::map<std::string, CallClass> classes;  // of the keys; the usual one of all others
  LaneOptions first{"first", "large", 2, 2};
  LaneOptions second{"second", "small", 2, 2};
  caf::actor asker;
  caf::actor pool;
  std::shared_ptr<PartSlot> slot = std::make_shared<PartSlot>();
  std::shared_ptr<std::atomic<Lane::Time>> usable_at = std::make_shared<std::atomic<Lane::Time>>();
};

Error failed_as(ErrorCode code, std::optional<std::chrono::milliseconds> retry_after = {}) {
  return {code, "as the test wants it", {}, retry_after};
}

TEST_CASE_METHOD(LlmPoolTest, "a call goes to the next lane when its own is down or too short") {
  start_pool({first, second});
  ask(1);
  end("first", 0, failed_as(ErrorCode::model_unavailable));
  ask(2);
  end("first", 1, failed_as(ErrorCode::context_length_exceeded));
  REQUIRE(calls("second") == 2);
  CHECK(fakes.at("second")->calls[0]->call.model == "small");
  end("second", 0, tests::answer_of("hello"));
  REQUIRE(answers.answered.contains(1));
  CHECK((**answers.answered.at(1)).text == "hello");
  CHECK(calls("first") == 2);
}

TEST_CASE_METHOD(LlmPoolTest,
                 "a call goes to the next lane when its own key or account is refused") {
  start_pool({first, second});
  ask(1);
  end("first", 0, failed_as(ErrorCode::credentials_refused));
  ask(2);
  end("first", 1, failed_as(ErrorCode::provider_refused));
  CHECK(calls("second") == 2);
  ask(3);
  end("first", 2, failed_as(ErrorCode::request_rejected));
  CHECK(calls("second") == 2);
  CHECK(failure(3) == ErrorCode::request_rejected);
}

TEST_CASE_METHOD(LlmPoolTest, "a call whose client chose the model stays on its lane") {
  start_pool({first, second});
  ask(1, "huge");
  end("first", 0, failed_as(ErrorCode::context_length_exceeded));
  CHECK(calls("second") == 0);
  CHECK(failure(1) == ErrorCode::context_length_exceeded);
}

TEST_CASE_METHOD(LlmPoolTest, "a throttled call is sent again when its provider wants it") {
  start_pool({first, second});
  ask(1);
  end("first", 0, failed_as(ErrorCode::model_throttled, 2s));
  advance_time(1'900ms);
  CHECK(calls("first") == 1);
  advance_time(200ms);
  REQUIRE(calls("first") == 2);
  end("first", 1, failed_as(ErrorCode::model_throttled, 61s));  // longer than the turn has
  CHECK(calls("second") == 1);
}

TEST_CASE_METHOD(LlmPoolTest, "the last lane tries a call again, and fails it in the end") {
  start_pool({first});
  ask(1);
  for (std::size_t attempt = 0; attempt < 3; ++attempt) {
    REQUIRE(calls("first") == attempt + 1);
    CHECK_FALSE(answers.answered.contains(1));
    end("first", attempt, failed_as(ErrorCode::model_unavailable));
    advance_time(2s);
  }
  CHECK(calls("first") == 3);
  CHECK(failure(1) == ErrorCode::model_unavailable);
}

TEST_CASE_METHOD(LlmPoolTest, "what was cut after it had said something is not sent again") {
  start_pool({first, second});
  ask(1);
  fakes.at("first")->calls[0]->say("Hel");
  end("first", 0, failed_as(ErrorCode::model_unavailable));
  CHECK(failure(1) == ErrorCode::model_unavailable);
  CHECK(calls("second") == 0);
}

TEST_CASE_METHOD(LlmPoolTest, "a provider that failed too often is left alone for a period") {
  start_pool({first, second});
  for (std::uint64_t call = 1; call <= 5; ++call) {
    ask(call);
    end("first", call - 1, failed_as(ErrorCode::model_unavailable));
    end("second", call - 1, tests::answer_of("hello"));
  }
  ask(6);
  CHECK(calls("first") == 5);
  CHECK(calls("second") == 6);
  advance_time(10s);
  ask(7);
  CHECK(calls("first") == 6);
}

TEST_CASE_METHOD(LlmPoolTest,
                 "an answer that does not fit is its call's end, and a failure of its provider") {
  start_pool({first, second});
  for (std::uint64_t call = 1; call <= 5; ++call) {
    ask(call);
    end("first", call - 1, failed_as(ErrorCode::answer_unfit));
    CHECK(failure(call) == ErrorCode::answer_unfit);
  }
  CHECK(calls("second") == 0);
  ask(6);
  CHECK(calls("second") == 1);
}

TEST_CASE_METHOD(LlmPoolTest, "a lane keeps to its requests a minute") {
  first.requests_per_minute_max = 1;
  start_pool({first});
  ask(1);
  end("first", 0, tests::answer_of("hello"));
  ask(2);
  CHECK(failure(2) == ErrorCode::would_miss_deadline);  // the minute is longer than the turn
  advance_time(30s);
  ask(3);
  CHECK(calls("first") == 1);
  advance_time(31s);
  CHECK(calls("first") == 2);
}

TEST_CASE_METHOD(LlmPoolTest, "a lane keeps to what its provider says is left, and shows it") {
  start_pool({first});
  ask(1);
  const auto& sent = fakes.at("first")->calls.at(0)->reports;
  REQUIRE(sent.limited);
  sent.limited({{100, 0, 10s}, {}, false});
  run_messages();
  ask(2);
  CHECK(calls("first") == 1);
  const auto lanes = tuned();
  CHECK(lanes->front().held_by == HeldBy::requests_told);
  CHECK(lanes->front().requests_told == ToldQuota{100, 0, 10s});
  CHECK_FALSE(lanes->front().tokens_told);
  CHECK(lanes->front().waiting == 1);
  advance_time(10s);
  CHECK(calls("first") == 2);
}

TEST_CASE_METHOD(LlmPoolTest,
                 "a call whose lane is used up for longer than it has goes to the next") {
  start_pool({first, second});
  ask(1);
  ask(2);
  ask(3);
  CHECK(calls("first") == 2);
  fakes.at("first")->calls.at(0)->reports.limited({{100, 0, 24h}, {}, false});
  run_messages();
  CHECK(calls("second") == 1);  // it waited
  ask(4);
  CHECK(calls("second") == 2);  // it did not have to
}

TEST_CASE_METHOD(LlmPoolTest,
                 "a throttled call leaves a used-up lane for the next lane of its role") {
  start_pool({first, second});
  ask(1);
  fakes.at("first")->calls.at(0)->reports.limited({{100, 0, 24h}, {}, true});
  end("first", 0, failed_as(ErrorCode::model_throttled));
  CHECK(calls("second") == 1);
}

TEST_CASE_METHOD(LlmPoolTest,
                 "however many calls wait for what providers let go, their wake-ups stay two") {
  for (LaneOptions* const lane : {&first, &second}) {
    lane->calls_at_once_max = 64;
    lane->adapts = false;
    lane->calls_waiting_max = 64;
  }
  start_roles({{"main", {first}}, {"other", {second}}});
  const auto ask_with_time = [&](std::uint64_t call, const std::string& role) {
    auto request = request_of();
    request->role = role;
    send(call, std::move(request), "acme", 300s);
    proceed(call);
  };
  ask_with_time(1, "main");
  ask_with_time(2, "other");
  fakes.at("first")->calls.at(0)->reports.limited({{{}, 0, 50s}, {}, false});
  fakes.at("second")->calls.at(0)->reports.limited({{60, 0, 60s}, {}, false});  // one a second
  run_messages();
  for (std::uint64_t call = 3; call <= 40; ++call)
    ask_with_time(call, "main");
  CHECK(timers() == 1);
  for (std::uint64_t call = 41; call <= 80; ++call)
    ask_with_time(call, "other");
  CHECK(timers() == 2);  // the second lane's comes earlier than the one that was under way
  advance_time(10s);
  CHECK(calls("second") == 11);
  CHECK(timers() == 2);
}

TEST_CASE_METHOD(LlmPoolTest, "a call that moves on is made when it may be, and not before") {
  start_pool({first, second});
  ask(1);
  send(2, request_of());
  fakes.at("first")->calls.at(0)->reports.limited({{100, 0, 24h}, {}, false});
  run_messages();
  CHECK(calls("second") == 0);
  proceed(2);
  CHECK(calls("second") == 1);
}

TEST_CASE_METHOD(LlmPoolTest,
                 "what is said of another model, or is not to be read, binds no lane") {
  second.reads_limits = false;
  start_roles({{"main", {first}}, {"other", {second}}});
  ask(1, "huge");
  CHECK_FALSE(fakes.at("first")->calls.at(0)->reports.limited);
  auto request = request_of();
  request->role = "other";
  send(2, request);
  proceed(2);
  CHECK_FALSE(fakes.at("second")->calls.at(0)->reports.limited);
}

TEST_CASE_METHOD(LlmPoolTest,
                 "a call has the weight and the criticality of its key, and they show") {
  classes["batch"] = {1, Criticality::sheddable};
  classes["desk"] = {5, Criticality::high};
  first.calls_at_once_max = 1;
  start_pool({first});
  ask(1);
  send(2, request_of(), "acme", 60s, "batch");
  send(3, request_of(), "acme", 60s, "batch");
  send(4, request_of(), "acme", 60s, "desk");
  CHECK(failure(3) == ErrorCode::model_queue_full);
  const auto lanes = tuned();
  CHECK(lanes->front().waiting_by_criticality == std::array<std::size_t, 3>{1, 0, 1});
  CHECK(lanes->front().weight_by_tenant == std::map<std::string, std::uint32_t>{{"acme", 5}});
}

TEST_CASE_METHOD(LlmPoolTest, "a shared call is as critical as the most critical who wants it") {
  classes["batch"] = {1, Criticality::sheddable};
  classes["desk"] = {1, Criticality::high};
  first.calls_at_once_max = 1;
  start_pool({first});
  ask(1);
  ask_same(2, "acme", 60s, "batch");
  CHECK(tuned()->front().waiting_by_criticality == std::array<std::size_t, 3>{1, 0, 0});
  ask_same(3, "acme", 60s, "desk");
  CHECK(tuned()->front().waiting_by_criticality == std::array<std::size_t, 3>{0, 0, 1});
}

TEST_CASE_METHOD(LlmPoolTest, "a lane is seen: its limit, and who waits for it") {
  start_pool({first, second});
  for (std::uint64_t call = 1; call <= 3; ++call)
    ask(call);
  const auto lanes = tuned();
  REQUIRE(lanes);
  REQUIRE(lanes->size() == 2);
  const LaneView& lane = lanes->front();
  CHECK(lane.provider == "first");
  CHECK(lane.roles == std::vector<std::string>{"main"});
  CHECK(lane.calls_at_once == 2);
  CHECK(lane.running == 2);
  CHECK(lane.waiting == 1);
  CHECK(lane.waiting_by_tenant == std::map<std::string, std::size_t>{{"acme", 1}});
  CHECK(lane.breaker == Breaker::State::closed);
}

TEST_CASE_METHOD(LlmPoolTest, "a paused lane sends nothing until it is opened") {
  start_pool({first});
  REQUIRE(tuned(named("first", LaneMode::paused)));
  ask(1);
  advance_time(1s);
  CHECK(calls("first") == 0);
  REQUIRE(tuned(named("first", LaneMode::open)));
  CHECK(calls("first") == 1);
}

TEST_CASE_METHOD(LlmPoolTest, "a drained lane ends what it has, and new calls go elsewhere") {
  start_pool({first, second});
  ask(1);
  REQUIRE(tuned(named("first", LaneMode::drained)));
  ask(2);
  CHECK(calls("second") == 1);
  ask(3, "huge");
  CHECK(failure(3) == ErrorCode::model_unavailable);
  end("first", 0, tests::answer_of("hello"));
  CHECK((**answers.answered.at(1)).text == "hello");
}

TEST_CASE_METHOD(LlmPoolTest, "new bounds of a lane hold at once, and may not cross") {
  start_pool({first});
  for (std::uint64_t call = 1; call <= 4; ++call)
    ask(call);
  CHECK(calls("first") == 2);
  LaneChange change = named("first");
  change.calls_at_once_max = 3;
  change.calls_at_once_min = 3;
  const auto changed = tuned(change);
  REQUIRE(changed);
  CHECK(changed->front().calls_at_once == 3);
  CHECK(calls("first") == 3);
  change.calls_at_once_min = 4;
  REQUIRE_FALSE(tuned(change));
  CHECK(tuned(change).error().field == "calls_at_once_min");
  CHECK(tuned(named("nobody")).error().code == ErrorCode::not_found);
}

TEST_CASE_METHOD(LlmPoolTest, "a lane is one however many roles name it") {
  start_roles({{"main", {first, second}}, {"validator", {second}}});
  const auto lanes = tuned();
  REQUIRE(lanes);
  REQUIRE(lanes->size() == 2);
  CHECK(lanes->front().roles == std::vector<std::string>{"main"});
  CHECK(lanes->back().roles == std::vector<std::string>{"main", "validator"});
}

TEST_CASE_METHOD(LlmPoolTest, "while a role has no lane that takes calls, the pool is not usable") {
  start_roles({{"main", {first, second}}, {"validator", {second}}});
  CHECK(usable());
  REQUIRE(tuned(named("first", LaneMode::drained)));
  CHECK(usable());
  REQUIRE(tuned(named("second", LaneMode::drained)));
  CHECK_FALSE(usable());
  REQUIRE(tuned(named("first", LaneMode::open)));
  CHECK_FALSE(usable());  // the validator has none
  REQUIRE(tuned(named("second", LaneMode::paused)));
  CHECK(usable());  // its calls wait
}

TEST_CASE_METHOD(LlmPoolTest, "a lane that is left alone is usable once it may be tried again") {
  start_roles({{"main", {first, second}}, {"validator", {first}}});
  for (std::uint64_t call = 1; call <= 5; ++call) {
    CHECK(usable());
    ask(call);
    end("first", call - 1, failed_as(ErrorCode::model_unavailable));
    end("second", call - 1, tests::answer_of("hello"));
  }
  CHECK_FALSE(usable());
  advance_time(10s);
  CHECK(usable());
  ask(6);  // the one that tries
  CHECK_FALSE(usable());
  end("first", 5, tests::answer_of("hello"));
  CHECK(usable());
}

TEST_CASE_METHOD(LlmPoolTest, "who asks a pool that is gone is told") {
  start_pool({first});
  slot->clear();
  CHECK(tuned().error().code == ErrorCode::component_restarted);
}

// --- calls that are the same

TEST_CASE_METHOD(LlmPoolTest, "calls that are the same and in flight are one call") {
  start_pool({first});
  for (std::uint64_t call = 1; call <= 1'000; ++call) {
    ask_same(call);
    proceed(call);
  }
  CHECK(answers.admitted.size() == 1'000);
  REQUIRE(calls("first") == 1);
  say(0, "Hel");
  say(0, "lo");
  end("first", 0, tests::answer_of("Hello"));
  REQUIRE(answers.answered.size() == 1'000);
  for (const auto& [call, answer] : answers.answered) {
    CHECK((**answer).text == "Hello");
    CHECK(answers.said.at(call) == "Hel|lo|");
    CHECK((**answer).usage == (call == 1 ? Usage{3, 5} : Usage{}));
    const auto source = call == 1 ? AnswerSource::own_call : AnswerSource::shared_call;
    CHECK((**answer).source == source);
  }
  ask_same(1'001);
  proceed(1'001);
  CHECK(calls("first") == 2);  // the first one is over: nothing is kept
}

TEST_CASE_METHOD(LlmPoolTest,
                 "a run whose thread was begun again pays for the call it finds under way") {
  start_pool({first});
  for (std::uint64_t call : {1U, 2U, 3U}) {
    ask_same(call, "acme", 60s, {}, RunId{call == 2 ? "other" : "again"});
    proceed(call);
  }
  end("first", 0, tests::answer_of("Hello"));
  CHECK((**answers.answered.at(1)).usage == Usage{});
  CHECK((**answers.answered.at(2)).usage == Usage{3, 5});
  CHECK((**answers.answered.at(3)).usage == Usage{});

  for (std::uint64_t call : {4U, 5U}) {
    ask_same(call, "acme", 60s, {}, RunId{"again"});
    proceed(call);
  }
  end("first", 1, tests::answer_of("Hello"));
  CHECK((**answers.answered.at(4)).usage == Usage{});
  CHECK((**answers.answered.at(5)).usage == Usage{3, 5});
}

TEST_CASE_METHOD(LlmPoolTest, "who joins late hears all that was said before") {
  start_pool({first});
  ask_same(1);
  proceed(1);
  say(0, "Hel");
  ask_same(2);
  CHECK(answers.said.at(2) == "Hel|");
  say(0, "lo");
  CHECK(answers.said.at(2) == "Hel|lo|");
}

TEST_CASE_METHOD(LlmPoolTest, "a call goes on while anybody wants it") {
  start_pool({first});
  for (const std::uint64_t call : {1, 2, 3}) {
    ask_same(call);
    proceed(call);
  }
  abandon(1);
  CHECK(fakes.at("first")->running() == 1);
  abandon(3);
  CHECK(fakes.at("first")->running() == 1);
  SECTION("who is left is charged for it") {
    end("first", 0, tests::answer_of("hello"));
    CHECK(answers.answered.size() == 1);
    CHECK((**answers.answered.at(2)).usage == Usage{3, 5});
    CHECK((**answers.answered.at(2)).source == AnswerSource::own_call);
  }
  SECTION("the last one takes it along") {
    abandon(2);
    CHECK(fakes.at("first")->running() == 0);
    CHECK(answers.answered.empty());
  }
}

TEST_CASE_METHOD(LlmPoolTest,
                 "a shared call is made for a turn that is on disk, and for no other") {
  start_pool({first});
  ask_same(1);
  ask_same(2);
  CHECK(calls("first") == 0);
  SECTION("the first that is will do") {
    proceed(2);
    CHECK(calls("first") == 1);
  }
  SECTION("not when it has left before the call was made") {
    first.calls_at_once_max = 1;
    start_pool({first});
    ask(7);
    ask_same(1);
    ask_same(2);
    proceed(1);
    abandon(1);
    end("first", 0, tests::answer_of("hello"));
    CHECK(calls("first") == 1);
    proceed(2);
    CHECK(calls("first") == 2);
  }
}

TEST_CASE_METHOD(LlmPoolTest, "what a shared call fails with is everybody's failure") {
  start_pool({first});
  for (const std::uint64_t call : {1, 2}) {
    ask_same(call);
    proceed(call);
  }
  SECTION("in mid-stream") {
    say(0, "Hel");
    end("first", 0, failed_as(ErrorCode::provider_failed));
    CHECK(failure(1) == ErrorCode::provider_failed);
    CHECK(failure(2) == ErrorCode::provider_failed);
  }
  SECTION("before anything was said, it is tried again, once for all") {
    end("first", 0, failed_as(ErrorCode::model_unavailable));
    advance_time(2s);
    REQUIRE(calls("first") == 2);
    end("first", 1, tests::answer_of("hello"));
    CHECK(answers.answered.size() == 2);
  }
}

TEST_CASE_METHOD(LlmPoolTest, "calls are joined within a tenant, and where the request allows it") {
  first.calls_at_once_max = 8;
  start_pool({first});
  ask_same(1, "acme");
  ask_same(2, "other");
  ask(3);
  ask(4);
  proceed(1);
  proceed(2);
  CHECK(calls("first") == 4);
}

TEST_CASE_METHOD(LlmPoolTest, "a shared call waits as long as the most patient of its askers") {
  first.requests_per_minute_max = 1;
  start_pool({first});
  ask(1);
  end("first", 0, tests::answer_of("hello"));
  ask_same(2, "acme", 70s);
  ask_same(3, "acme", 10s);
  ask_same(4, "acme", 90s);
  for (const std::uint64_t call : {2, 3, 4})
    proceed(call);
  abandon(3);  // its time is over
  abandon(2);
  advance_time(61s);
  REQUIRE(calls("first") == 2);
  end("first", 1, tests::answer_of("hello"));
  CHECK(answers.answered.contains(4));
}

TEST_CASE_METHOD(LlmPoolTest, "an answer that is kept answers the next call like its own") {
  start_pool({first});
  ask_kept(1);
  say(0, "Hello there");
  end("first", 0, tests::answer_of("Hello there"));
  ask_kept(2);
  CHECK(calls("first") == 1);
  CHECK(answers.said.at(2) == "Hello| there|");
  CHECK((**answers.answered.at(2)).usage == Usage{});
  CHECK((**answers.answered.at(2)).source == AnswerSource::kept_answer);
  ask_kept(3, "other");
  CHECK(calls("first") == 2);
  end("first", 1, failed_as(ErrorCode::provider_failed));
  ask_kept(4, "other");
  CHECK(calls("first") == 3);  // a failure is not kept
  advance_time(61s);
  ask_kept(5);
  CHECK(calls("first") == 4);
}

TEST_CASE_METHOD(LlmPoolTest,
                 "an answer under way is not kept when those that are kept are forgotten") {
  start_pool({first});
  ask_kept(1);
  kept.forget("acme", [](const Result<std::uint64_t>&) {});
  end("first", 0, tests::answer_of("wrong"));
  ask_kept(2);
  REQUIRE(calls("first") == 2);
  end("first", 1, tests::answer_of("right"));
  ask_kept(3);
  CHECK(calls("first") == 2);
  CHECK((**answers.answered.at(3)).text == "right");
}

TEST_CASE_METHOD(LlmPoolTest, "nobody joins a call from before kept answers were forgotten") {
  start_pool({first});
  ask_same(1);
  proceed(1);
  kept.forget("acme", [](const Result<std::uint64_t>&) {});
  for (std::uint64_t call : {2U, 3U}) {
    ask_same(call);
    proceed(call);
  }
  REQUIRE(calls("first") == 2);
  end("first", 1, tests::answer_of("right"));
  CHECK((**answers.answered.at(3)).text == "right");
}

}  // namespace
}  // namespace parlance::actors
