// Takes up, after a start, the turns that the process before left unfinished.
//
// Reads the journal's index of unfinished threads page by page and wakes each thread; the thread
// goes on with its turns by itself. A thread that finds no room now is woken again later, so that
// recovery never crowds out more than its page.
//
// Bounds: page_max threads being woken at once.
// Threading: an actor; ends when the index has been read.
#pragma once

#include "actors/actor_conversations.hpp"
#include "actors/messages.hpp"

#include <caf/event_based_actor.hpp>

#include <memory>
#include <optional>

namespace parlance::actors {

class Recovery : public caf::event_based_actor {
 public:
  Recovery(caf::actor_config& config, Journal& journal, ActorConversations& conversations);

  const char* name() const override { return "recovery"; }

 protected:
  caf::behavior make_behavior() override;

 private:
  void next_page();
  void wake(const ThreadKey& thread);

  Journal& journal_;
  ActorConversations& conversations_;
  std::optional<ThreadKey> last_;  // of the pages read so far
  std::size_t waking_ = 0;
  std::size_t woken_ = 0;
};

}  // namespace parlance::actors
