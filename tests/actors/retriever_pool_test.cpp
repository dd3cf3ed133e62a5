#include "actors/retriever_pool.hpp"

#include "tests/support/actor_test.hpp"

#include <caf/scoped_actor.hpp>
#include <catch2/catch.hpp>

#include <deque>
#include <map>

namespace parlance::actors {
namespace {

using namespace std::chrono_literals;

struct FakeIndex : PassageIndex {
  void search(PassageQuery query, Found found) override {
    queries.push_back(std::move(query));
    waiting.push_back(std::move(found));
  }
  std::vector<PassageQuery> queries;
  std::deque<Found> waiting;
};

// Stands for a thread that asks.
class Asker : public caf::event_based_actor {
 public:
  struct Heard {
    std::vector<std::uint64_t> admitted;
    std::map<std::uint64_t, std::shared_ptr<Result<Passages>>> found;
  };
  Asker(caf::actor_config& config, Heard& heard) : caf::event_based_actor(config), heard_(heard) {}

 protected:
  caf::behavior make_behavior() override {
    return {[this](CallAdmitted admitted) { heard_.admitted.push_back(admitted.call); },
            [this](Found& report) { heard_.found[report.call] = report.passages; }};
  }

 private:
  Heard& heard_;
};

struct RetrieverPoolTest : tests::ActorTest {
  void find(std::uint64_t call) {
    caf::anon_send(pool,
                   Find{call, {"library", "words", 3}, Deadline::at(clock.now() + 60s), asker});
    run_messages();
  }

  FakeIndex index;
  Registry registry;
  Asker::Heard heard;
  RetrieverOptions options{2, 3, 1s};
  caf::actor asker = ends_with_test(system.spawn<Asker>(heard));
  caf::actor pool = ends_with_test(
      system.spawn<RetrieverPool>(options, RetrieverPoolTools{index, registry, clock}));
  ~RetrieverPoolTest() {
    end_actors();
    index.waiting.clear();
    asker = nullptr;
    pool = nullptr;
  }
};

TEST_CASE_METHOD(RetrieverPoolTest, "so many search, so many wait, the next is refused at once") {
  for (std::uint64_t call = 1; call <= 7; ++call)
    find(call);
  CHECK(index.queries.size() == 2);
  CHECK(heard.admitted.size() == 5);
  REQUIRE(heard.found.size() == 2);
  CHECK(heard.found[6]->error().code == ErrorCode::retriever_queue_full);
}

TEST_CASE_METHOD(RetrieverPoolTest, "an answer frees its slot for the one that waits longest") {
  for (std::uint64_t call = 1; call <= 3; ++call)
    find(call);
  index.waiting.front()(Passages{{{"a.md", "A", "text", 1.0}}, {}});
  run_messages();
  REQUIRE(heard.found.contains(1));
  CHECK((*heard.found[1])->found[0].source == "a.md");
  CHECK(index.queries.size() == 3);
}

TEST_CASE_METHOD(RetrieverPoolTest, "a search that takes too long fails typed and keeps its slot") {
  for (std::uint64_t call = 1; call <= 3; ++call)
    find(call);
  advance_time(1'500ms);
  REQUIRE(heard.found.contains(1));
  CHECK(heard.found[1]->error().code == ErrorCode::retriever_failed);
  CHECK(index.queries.size() == 2);
}

TEST_CASE_METHOD(RetrieverPoolTest, "an abandoned search that waits gives its place back") {
  for (std::uint64_t call = 1; call <= 5; ++call)
    find(call);
  caf::anon_send(pool, Abandon{4});
  run_messages();
  find(6);
  CHECK(heard.admitted.back() == 6);
}

}  // namespace
}  // namespace parlance::actors
