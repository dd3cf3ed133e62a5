// The clients of a simulated server: what they ask, what they are promised, and whether it is kept.
//
// A client that loses its server comes back: it joins the turns that it has not seen the end of,
// and sends again, under its key, what was not answered.
#pragma once

#include "runtime/ports/conversations.hpp"
#include "tests/simulation/journal_check.hpp"
#include "tests/simulation/random.hpp"
#include "tests/simulation/reader.hpp"
#include "tests/simulation/server.hpp"
#include "tests/support/actor_test.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace parlance::simulation {

struct ClientOptions {
  std::size_t threads = 3;
  bool take_over = true;  // by interrupt and rollback
  bool delete_threads = true;
  bool temporary_threads = true;
  bool keys = true;
  bool pauses = true;       // turns that ask, and turns that answer
  bool delays = true;       // turns that begin later
  bool two_owners = false;  // see Conditions
};

class Clients {
 public:
  Clients(const ClientOptions& options,
          Random& random,
          Disk& disk,
          const tests::TestClock& clock,
          History& history);

  // A new life of the server: those who waited for the old one wait no more.
  void connect(Server& server);

  // One of them does something.
  void act();
  // All of them join what they have not seen the end of, and send again what has a key and was not
  // answered.
  void come_back();
  // One who was promised a turn and not shown its end asks again. False: there is none.
  bool one_comes_back();
  // Each thread is looked at.
  void look_at_threads();
  // An operator frees the thread's quarantined turn.
  void release(const ThreadKey& thread);

  void writes_have_failed();

  // Everybody who asked has been answered, and all streams are closed.
  bool all_answered() const;
  // Says who has not.
  void check_all_answered();
  // What was shown is what is on disk.
  void check_against(const JournalContents& journal, bool whole);

 private:
  struct Thread {
    ThreadKey key;
    bool made = false;  // somebody was told so
    bool may_be_deleted = false;
    std::size_t deletions = 0;  // on their way
  };
  // Somebody waits for an answer.
  struct Waiting {
    std::string what;
    bool answered = false;
  };

  std::shared_ptr<Run> make_run();
  void vary(TurnRequest& request);
  void send(const std::shared_ptr<Run>& run, bool another_body);
  void join(const std::shared_ptr<Run>& run);
  void cancel(const std::shared_ptr<Run>& run, CancelReason reason);
  void make_thread(Thread& thread);
  void look_at(Thread& thread);
  void remove(Thread& thread);
  std::shared_ptr<Reader> read(const std::shared_ptr<Run>& run, ReaderKind kind, const char* what);
  std::shared_ptr<Run> any_run();
  std::vector<std::shared_ptr<Run>> runs_of(const std::string& thread) const;
  bool rollback_on_its_way(const std::string& thread) const;

  template <class T>
  Conversations::Answer<T> answer(std::string what, std::function<void(Result<T>&)> then);

  const ClientOptions options_;
  Random& random_;
  Disk& disk_;
  const tests::TestClock& clock_;
  History& history_;
  Server* server_ = nullptr;
  std::map<std::string, Thread> threads_;
  std::vector<std::shared_ptr<Run>> runs_;
  std::vector<std::shared_ptr<Reader>> readers_;    // of this life
  std::vector<std::shared_ptr<Reader>> rollbacks_;  // those whose turns roll others back
  std::vector<std::shared_ptr<Waiting>> waiting_;   // of this life
  std::uint64_t named_ = 0;
};

}  // namespace parlance::simulation
