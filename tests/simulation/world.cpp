#include "tests/simulation/world.hpp"

#include "storage/keys.hpp"
#include "storage/record_codec.hpp"
#include "tests/simulation/agents.hpp"

#include <algorithm>
#include <utility>

namespace parlance::simulation {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t live_steps_max = 3'000;
constexpr milliseconds rest_time_max{180'000};

}  // namespace

World::World(std::uint64_t seed, const Conditions& conditions) : random_(seed) {
  history_.add("seed " + std::to_string(seed));
  let_next_risk_fail(false);
  choose_options();
  client_options_.two_owners = conditions.two_owners;
  clients_ = std::make_unique<Clients>(client_options_, random_, disk_, clock_, history_);
  start_server();
}

World::~World() = default;

// Worlds differ: what never happens in some makes room for the rest.
void World::choose_options() {
  const auto one_of = [this](std::initializer_list<std::uint32_t> values) {
    return *(values.begin() + static_cast<std::ptrdiff_t>(random_.below(values.size())));
  };
  auto& directory = server_options_.directory;
  directory.resident_max = one_of({1, 2, 3, 100});
  directory.requests_max = one_of({2, 8, 256});
  directory.idle_time_max = milliseconds(one_of({25, 500, 5'000}));
  directory.thread.turns_waiting_max = one_of({0, 1, 2, 8});
  server_options_.calls_at_once_max = one_of({1, 2, 8});
  server_options_.calls_waiting_max = one_of({0, 1, 8});
  server_options_.batch_appends_max = one_of({1, 2, 1'000});

  client_options_.threads = one_of({1, 2, 4});
  client_options_.take_over = random_.chance(500);
  client_options_.delete_threads = random_.chance(500);
  client_options_.temporary_threads = random_.chance(300);
  client_options_.keys = random_.chance(700);
  client_options_.pauses = random_.chance(400);
  client_options_.delays = random_.chance(400);
  actions_left_ = one_of({10, 30, 100});

  likelihoods_.writer = one_of({3, 30, 100});
  likelihoods_.reader = one_of({3, 30});
  likelihoods_.provider = one_of({3, 30, 100});
  likelihoods_.client = one_of({5, 20, 60});
  likelihoods_.time = one_of({2, 10, 30});
  likelihoods_.crash = one_of({0, 1, 2, 4});
  likelihoods_.pool_dies = one_of({0, 0, 1});
  likelihoods_.thread_throws = one_of({0, 0, 1, 2});
  likelihoods_.write_fails = one_of({0, 0, 0, 1});
  accidents_left_ = one_of({1, 4, 10});
}

void World::start_server() {
  server_ = std::make_unique<Server>(disk_, clock_, server_options_);
  server_->provider().starts = [this, alive = server_->alive()](const std::string& run) {
    if (!*alive) return;
    history_.add("  provider: called for " + run);
    if (!disk_.was_accepted(run))
      history_.violation("the provider is called for " + run + ", which is not on disk");
  };
  batch_planned_ = false;
  clients_->connect(*server_);
}

void World::crash(const std::string& why) {
  history_.add("crash: " + why);
  ++crashes_;
  ++failures_;
  server_->kill();
  // What is on its way to the disk may arrive.
  if (batch_planned_ && server_->database().writes() == DiskDatabase::Writes::succeed &&
      random_.chance(500)) {
    server_->database().let_writes(DiskDatabase::Writes::fail);
    server_->step_writer();
  }
  server_.reset();
  let_next_risk_fail(false);
  const std::size_t unsynced = disk_.unsynced();
  const std::size_t kept = random_.below(unsynced + 1);
  const bool keeps_torn = random_.chance(500);
  history_.add("  of " + std::to_string(unsynced) + " unsynced writes " + std::to_string(kept) +
               " stay" +
               (disk_.has_torn() ? keeps_torn ? ", and the last one" : ", the last one not" : ""));
  disk_.cut(kept, keeps_torn);
  clients_->check_against(check_disk(), /*whole=*/false);
  if (random_.chance(300)) clock_.advance(milliseconds(random_.below(30'000)));
  start_server();
}

Outcome World::run() {
  live();
  if (goes_on()) come_to_rest();
  Outcome outcome;
  if (goes_on()) {
    const auto journal = check_disk();
    clients_->check_against(journal, /*whole=*/true);
    outcome.turns = journal.turns.size();
    if (journal.unfinished > 0) history_.violation("turns are unfinished in the end");
  }
  server_.reset();
  outcome.violation = history_.violation();
  outcome.digest = history_.digest();
  outcome.history = history_.lines();
  outcome.steps = steps_;
  outcome.crashes = crashes_;
  return outcome;
}

// ---- anything may come next

void World::live() {
  while (goes_on() && steps_ < live_steps_max && actions_left_ > 0)
    step();
}

void World::step() {
  ++steps_;
  auto& database = server_->database();
  if (database.writes() == DiskDatabase::Writes::refused) clients_->writes_have_failed();
  if (!server_->ending().empty() && random_.chance(200)) return crash(server_->ending());

  auto& open = server_->provider().open;
  const Likelihoods& like = likelihoods_;
  const bool accidents = accidents_left_ > 0;
  const std::pair<std::uint32_t, std::function<void()>> events[] = {
      {server_->jobs() > 0 ? like.message : 0, [&] { run_message(); }},
      {like.writer, [&] { step_writer(); }},
      {server_->reader_waits(0) || server_->reader_waits(1) ? like.reader : 0,
       [&] { step_readers(); }},
      {open.empty() ? 0 : like.provider, [&] { provider_event(random_.below(open.size())); }},
      {like.client,
       [&] {
         --actions_left_;
         database.memory_knows(random_.chance(700));
         clients_->act();
       }},
      {like.time,
       [&] {
         constexpr std::uint32_t times_ms[] = {1, 5, 12, 25, 25, 100, 1'000, 10'000};
         const auto time = milliseconds(times_ms[random_.below(std::size(times_ms))]);
         history_.add("time: " + std::to_string(time.count()) + " ms");
         server_->pass_time(time);
       }},
      {accidents ? like.crash : 0,
       [&] {
         --accidents_left_;
         crash("kill -9");
       }},
      {accidents ? like.pool_dies : 0,
       [&] {
         --accidents_left_;
         history_.add("accident: the pool dies");
         if (random_.chance(500)) {
           server_->end_pool();
         } else {
           server_->provider().next_start_throws = true;
         }
       }},
      {accidents ? like.thread_throws : 0,
       [&] {
         --accidents_left_;
         ++failures_;
         history_.add("accident: the next risk throws");
         let_next_risk_fail(true);
       }},
      {accidents && database.writes() == DiskDatabase::Writes::succeed ? like.write_fails : 0,
       [&] {
         --accidents_left_;
         history_.add("accident: the next write fails");
         database.let_writes(DiskDatabase::Writes::fail);
       }},
  };
  std::uint32_t sum = 0;
  for (const auto& [likelihood, happens] : events)
    sum += likelihood;
  auto chosen = static_cast<std::uint32_t>(random_.below(sum));
  for (const auto& [likelihood, happens] : events) {
    if (chosen < likelihood) {
      happens();
      break;
    }
    chosen -= likelihood;
  }
  check_bounds();
}

bool World::run_message() {
  const std::size_t jobs = server_->jobs();
  if (jobs == 0) return false;
  history_.add(server_->run_job(random_.chance(500) ? 0 : random_.below(jobs)));
  return true;
}

bool World::step_writer() {
  const auto step = server_->step_writer();
  batch_planned_ = step == storage::JournalWriter::Step::planned;
  if (step == storage::JournalWriter::Step::idle) return false;
  constexpr const char* names[] = {"idle", "plans", "has written", "answers"};
  history_.add(std::string("journal: the writer ") + names[static_cast<std::size_t>(step)]);
  if (step == storage::JournalWriter::Step::answered && server_->ending().empty() &&
      server_->database().writes() == DiskDatabase::Writes::refused)
    history_.violation("a write has failed, and the process goes on");
  return true;
}

bool World::step_readers() {
  const std::size_t first = random_.below(2);
  for (const std::size_t queue : {first, 1 - first}) {
    if (!server_->reader_waits(queue)) continue;
    history_.add("journal: reader " + std::to_string(queue));
    server_->step_reader(queue);
    return true;
  }
  return false;
}

void World::provider_event(std::size_t index) {
  auto& open = server_->provider().open;
  const auto call = open[index];
  const std::string name = "provider: call " + std::to_string(call->number);
  if (!random_.chance(call->cancelled ? 700 : 300)) {
    history_.add(name + " says a piece");
    return call->say();
  }
  open.erase(open.begin() + static_cast<std::ptrdiff_t>(index));
  if (call->cancelled) {
    history_.add(name + " was cancelled");
    return call->fail(ErrorCode::cancelled);
  }
  if (random_.chance(200)) {
    history_.add(name + " fails");
    return call->fail(random_.chance(500) ? ErrorCode::provider_failed
                                          : ErrorCode::model_unavailable);
  }
  history_.add(name + " ends");
  call->end();
}

JournalContents World::check_disk() {
  return check_journal(
      disk_, {server_options_.directory.thread.turns_waiting_max + std::size_t{1}}, history_);
}

void World::check_bounds() {
  if (server_->resident_threads() > server_options_.directory.resident_max)
    history_.violation("more threads are in memory than may be");
}

// ---- until nothing does

void World::come_to_rest() {
  accidents_left_ = 0;
  let_next_risk_fail(false);
  if (server_->database().writes() == DiskDatabase::Writes::fail)
    server_->database().let_writes(DiskDatabase::Writes::succeed);
  if (random_.chance(500)) crash("the last one");
  if (!goes_on()) return;

  settle("every turn ends by itself",
         [this] { return disk_.family(Disk::unfinished).empty() && clients_->all_answered(); });
  if (!goes_on()) return;
  if (!disk_.family(Disk::unfinished).empty()) {
    if (!quarantined_only()) return history_.violation("a turn does not end by itself");
    for (const auto& [thread, value] : Disk::Values(disk_.family(Disk::unfinished))) {
      clients_->release(*storage::thread_of(thread));
      settle("what was released ends", [this, key = thread] {
        return clients_->all_answered() && !disk_.family(Disk::unfinished).contains(key);
      });
    }
  }
  clients_->come_back();
  const auto all_answered = [this] { return clients_->all_answered(); };
  settle("everybody is answered", all_answered);
  for (std::size_t times = 0; times < 100 && clients_->one_comes_back(); ++times) {
    settle("one who missed something is answered", all_answered);
    server_->pass_time(milliseconds(100));
  }
  clients_->look_at_threads();
  settle("every thread is shown", all_answered);
  clients_->check_all_answered();
  settle("every thread leaves memory", [this] { return server_->resident_threads() == 0; });
  if (server_->resident_threads() != 0) history_.violation("a thread does not leave memory");
  if (server_->turns_inside() != 0) history_.violation("a turn's place is not given back");
}

void World::settle(const std::string& what, const std::function<bool()>& done) {
  if (!goes_on()) return;
  history_.add("rest: until " + what);
  auto time = milliseconds(0);
  while (goes_on()) {
    while (goes_on() && do_what_waits())
      ++steps_;
    if (done() || time >= rest_time_max) return;
    const auto next = time < milliseconds(500) ? milliseconds(25) : milliseconds(2'000);
    server_->pass_time(next);
    time += next;
  }
}

bool World::do_what_waits() {
  if (!server_->ending().empty()) {
    crash(server_->ending());
    return true;
  }
  bool did = run_message();
  if (!did || random_.chance(300)) did = step_writer() || did;
  if (!did || random_.chance(300)) did = step_readers() || did;
  if (!did && !server_->provider().open.empty()) {
    provider_event(0);
    did = true;
  }
  check_bounds();
  return did;
}

// Whatever is unfinished has been tried as often as it may be.
bool World::quarantined_only() const {
  const std::uint32_t attempts_max = server_options_.directory.thread.attempts_max;
  if (failures_ < attempts_max) return false;
  for (const auto& [thread, value] : disk_.family(Disk::unfinished)) {
    const auto head = storage::decode_head(disk_.family(Disk::heads).at(thread));
    if (!head || (*head).attempts < attempts_max) return false;
  }
  return true;
}

Outcome simulate(std::uint64_t seed, const Conditions& conditions) {
  return World(seed, conditions).run();
}

}  // namespace parlance::simulation
