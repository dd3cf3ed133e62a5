// An admission gate whose places no tenant can take up alone.
//
// A Ticket is as that of an AdmissionGate: the right to be inside, which travels with the work and
// gives its place back when destroyed.
//
// Bounds: inside_max places, inside_of_tenant_max of them for one tenant, and those who enter()
// beyond that. So while what is there already is being counted, nobody else is let in. A number for
// each tenant that has somebody inside.
//
// Threading: any thread; a mutex guards the counts. For what is counted in hundreds a second, not
// for every message.
#pragma once

#include "runtime/base/ids.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace parlance {

class TenantGate {
  struct State;

 public:
  // Move-only right to be inside; empty once moved from.
  class Ticket {
   public:
    Ticket() = default;
    Ticket(Ticket&& other) noexcept : state_(std::move(other.state_)), tenant_(other.tenant_) {}
    Ticket& operator=(Ticket&& other) noexcept {
      std::swap(state_, other.state_);
      std::swap(tenant_, other.tenant_);
      return *this;
    }
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;
    ~Ticket() {
      if (state_) state_->leave(tenant_);
    }

    explicit operator bool() const { return state_ != nullptr; }

   private:
    friend class TenantGate;
    Ticket(std::shared_ptr<State> state, TenantId tenant)
        : state_(std::move(state)),
          tenant_(std::move(tenant)) {}

    std::shared_ptr<State> state_;
    TenantId tenant_;
  };

  TenantGate(std::uint32_t inside_max, std::uint32_t inside_of_tenant_max)
      : state_(std::make_shared<State>()),
        inside_max_(inside_max),
        inside_of_tenant_max_(inside_of_tenant_max) {}

  // Empty when the gate is full, the tenant has its share, or what is there is being counted.
  [[nodiscard]] Ticket try_enter(const TenantId& tenant) {
    const std::scoped_lock lock(state_->mutex);
    const auto found = state_->of_tenants.find(tenant.value);
    const std::uint32_t own = found == state_->of_tenants.end() ? 0 : found->second;
    if (state_->counting || state_->inside >= inside_max_ || own >= inside_of_tenant_max_)
      return Ticket{};
    return admit(tenant);
  }

  // For what is there already and only has to be counted: never refused.
  [[nodiscard]] Ticket enter(const TenantId& tenant) {
    const std::scoped_lock lock(state_->mutex);
    return admit(tenant);
  }

  // Begins the counting by enter() of what is there, and ends it. A gate begins with nothing to be
  // counted.
  void count_anew() {
    const std::scoped_lock lock(state_->mutex);
    state_->counting = true;
  }
  void all_counted() {
    const std::scoped_lock lock(state_->mutex);
    state_->counting = false;
    state_->counted.notify_all();
  }
  bool counting() const {
    const std::scoped_lock lock(state_->mutex);
    return state_->counting;
  }

  // Blocks until the counting has ended, or `most` has passed.
  void wait_until_counted(std::chrono::milliseconds most) const {
    std::unique_lock lock(state_->mutex);
    state_->counted.wait_for(lock, most, [&] { return !state_->counting; });
  }

  std::uint32_t inside() const {
    const std::scoped_lock lock(state_->mutex);
    return state_->inside;
  }

 private:
  struct State {
    void leave(const TenantId& tenant) {
      const std::scoped_lock lock(mutex);
      --inside;
      const auto own = of_tenants.find(tenant.value);
      if (--own->second == 0) of_tenants.erase(own);
    }

    std::mutex mutex;
    std::condition_variable counted;
    bool counting = false;                            // guarded by mutex
    std::uint32_t inside = 0;                         // guarded by mutex
    std::map<std::string, std::uint32_t> of_tenants;  // guarded by mutex; none is 0
  };

  // The caller holds the mutex.
  Ticket admit(const TenantId& tenant) {
    ++state_->inside;
    ++state_->of_tenants[tenant.value];
    return {state_, tenant};
  }

  // Shared with the tickets, which may outlive the gate.
  std::shared_ptr<State> state_;
  std::uint32_t inside_max_;
  std::uint32_t inside_of_tenant_max_;
};

}  // namespace parlance
