// What simulation.hpp describes, as an object.
#pragma once

#include "tests/simulation/clients.hpp"
#include "tests/simulation/history.hpp"
#include "tests/simulation/random.hpp"
#include "tests/simulation/server.hpp"
#include "tests/simulation/simulation.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace parlance::simulation {

// How likely each thing is to come next; 0: it does not happen in this world.
struct Likelihoods {
  std::uint32_t message = 200;
  std::uint32_t writer = 30;
  std::uint32_t reader = 30;
  std::uint32_t provider = 30;
  std::uint32_t client = 10;
  std::uint32_t time = 10;
  std::uint32_t crash = 0;
  std::uint32_t pool_dies = 0;
  std::uint32_t thread_throws = 0;
  std::uint32_t write_fails = 0;
};

class World {
 public:
  World(std::uint64_t seed, const Conditions& conditions);
  ~World();

  Outcome run();

 private:
  void choose_options();
  void start_server();
  void crash(const std::string& why);

  void live();
  void step();
  void come_to_rest();
  // Lets everything happen that does not need a client or an accident, until `done`.
  void settle(const std::string& what, const std::function<bool()>& done);
  bool do_what_waits();
  bool quarantined_only() const;

  bool run_message();
  bool step_writer();
  bool step_readers();
  void provider_event(std::size_t call);
  JournalContents check_disk();
  void check_bounds();
  bool goes_on() const { return history_.violation().empty(); }

  Random random_;
  History history_;
  tests::TestClock clock_;
  Disk disk_;
  ServerOptions server_options_;
  ClientOptions client_options_;
  Likelihoods likelihoods_;
  std::size_t actions_left_ = 0;
  std::size_t accidents_left_ = 0;
  std::size_t steps_ = 0;
  std::size_t crashes_ = 0;
  std::size_t failures_ = 0;  // that may cost a turn an attempt
  bool batch_planned_ = false;
  std::unique_ptr<Clients> clients_;
  std::unique_ptr<Server> server_;
};

}  // namespace parlance::simulation
