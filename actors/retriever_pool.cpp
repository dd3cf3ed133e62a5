#include "actors/retriever_pool.hpp"

#include "runtime/base/failpoint.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <utility>

namespace parlance::actors {
namespace {

constexpr std::chrono::milliseconds pool_tick_time{250};

}  // namespace

RetrieverPool::RetrieverPool(caf::actor_config& config,
                             RetrieverOptions options,
                             RetrieverPoolTools tools)
    : caf::event_based_actor(config),
      options_(options),
      tools_(tools),
      metrics_(tools.registry, "retriever", "keyword"),
      queue_({options.searches_at_once_max, options.searches_waiting_max}) {}

caf::behavior RetrieverPool::make_behavior() {
  metrics_.filled(0, 0);
  delayed_send(this, pool_tick_time, Tick{});
  return {
      [this](Find& find) { accept(find); },
      [this](Abandon gone) {
        const auto found = searches_.find(gone.call);
        if (found == searches_.end()) return;
        found->second.answered = true;
        if (found->second.running) return;
        queue_.remove(gone.call);
        searches_.erase(found);
        fill();
      },
      [this](SearchEnded& report) { ended(report); },
      [this](Tick) {
        check_times();
        delayed_send(this, pool_tick_time, Tick{});
      },
  };
}

void RetrieverPool::accept(Find& find) {
  PARLANCE_FAILPOINT("retriever_pool.ask");
  const std::uint64_t number = find.call;
  const auto asker = find.asker;
  if (!queue_.add(number)) {
    metrics_.call_refused(ErrorCode::retriever_queue_full);
    caf::anon_send(
        asker,
        Found{number,
              std::make_shared<Result<Passages>>(Error{ErrorCode::retriever_queue_full,
                                                       "all places of the retriever are taken",
                                                       {},
                                                       {}})});
    return;
  }
  searches_.insert_or_assign(number, Search{std::move(find), tools_.clock.now(), false, false});
  caf::anon_send(asker, CallAdmitted{number});
  queue_.ready(number);
  fill();
}

void RetrieverPool::fill() {
  while (const auto number = queue_.next()) {
    Search& search = searches_.at(*number);
    const auto now = tools_.clock.now();
    metrics_.call_started(now - search.since);
    search.since = now;
    search.running = true;
    tools_.index.search(
        search.find.query,
        [self = caf::actor_cast<caf::actor>(this), call = *number](Result<Passages> passages) {
          caf::anon_send(
              self, SearchEnded{call, std::make_shared<Result<Passages>>(std::move(passages))});
        });
  }
  metrics_.filled(queue_.running(), queue_.waiting());
}

void RetrieverPool::ended(SearchEnded& report) {
  const auto found = searches_.find(report.call);
  if (found == searches_.end()) return;
  metrics_.call_ended(static_cast<bool>(*report.passages),
                      tools_.clock.now() - found->second.since);
  if (!found->second.answered) answer(found->second, std::move(*report.passages));
  queue_.remove(report.call);
  searches_.erase(found);
  fill();
}

void RetrieverPool::check_times() {
  const auto now = tools_.clock.now();
  std::vector<std::uint64_t> expired;
  for (auto& [number, search] : searches_) {
    if (search.answered) continue;
    if (search.running && now - search.since > options_.search_time_max) {
      answer(search, Error{ErrorCode::retriever_failed, "the search took too long", {}, {}});
    } else if (!search.running && search.find.deadline.passed(now)) {
      answer(search, Error{ErrorCode::deadline_passed, "the search waited too long", {}, {}});
      expired.push_back(number);
    }
  }
  for (const std::uint64_t number : expired) {
    queue_.remove(number);
    searches_.erase(number);
  }
}

void RetrieverPool::answer(Search& search, Result<Passages> passages) {
  search.answered = true;
  caf::anon_send(search.find.asker,
                 Found{search.find.call, std::make_shared<Result<Passages>>(std::move(passages))});
}

}  // namespace parlance::actors
