#include "actors/supervisor.hpp"

#include "runtime/base/log.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <atomic>

namespace parlance::actors {
namespace {

std::uint64_t next_generation() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

}  // namespace

Supervisor::Supervisor(caf::actor_config& config,
                       std::vector<ChildOptions> children,
                       SupervisorTools tools)
    : caf::event_based_actor(config),
      tools_(std::move(tools)),
      random_(std::random_device{}()) {
  for (auto& child : children) {
    const RestartOptions restarts = child.restarts;
    tools_.metrics.declare(child.name);
    children_.push_back({std::move(child), RestartPolicy(restarts), {}, 0});
  }
}

caf::behavior Supervisor::make_behavior() {
  set_down_handler([this](caf::down_msg& message) { down(message); });
  for (std::size_t index = 0; index < children_.size(); ++index)
    start(index);
  return {[this](Restart restart) { start(restart.child); }};
}

void Supervisor::on_exit() {
  for (auto& child : children_) {
    if (auto part = child.options.slot->part().actor) {
      caf::anon_send_exit(part, caf::exit_reason::user_shutdown);
    }
    child.options.slot->clear();
  }
}

void Supervisor::start(std::size_t index) {
  if (gave_up_) return;
  Child& child = children_[index];
  caf::actor actor = child.options.start(system());
  monitor(actor);
  child.address = actor.address();
  child.generation = next_generation();
  child.options.slot->set({std::move(actor), child.generation});
}

void Supervisor::down(const caf::down_msg& message) {
  const auto child = std::find_if(children_.begin(), children_.end(), [&](const Child& each) {
    return each.address == message.source;
  });
  if (child == children_.end() || gave_up_) return;
  child->options.slot->clear();
  for (const auto& directory : *tools_.directories) {
    if (const auto to = directory->part().actor) caf::anon_send(to, PartDown{child->generation});
  }
  const std::string& name = child->options.name;
  const double random = std::uniform_real_distribution<double>(0, 1)(random_);
  const auto wait = child->policy.failed(tools_.clock.now(), random);
  if (!wait) {
    gave_up_ = true;
    log_error("part_given_up", {{"part", name}, {"failures", child->policy.failures()}});
    tools_.gave_up(name + " failed more often than its supervisor allows");
    return;
  }
  log_warn(
      "part_restarts",
      {{"part", name}, {"reason", caf::to_string(message.reason)}, {"wait_ms", wait->count()}});
  tools_.metrics.restarted(name);
  delayed_send(this, *wait, Restart{static_cast<std::size_t>(child - children_.begin())});
}

}  // namespace parlance::actors
