// Webhooks between those who bring them, whose writes carry them to disk, and the sender.
//
// Threading: `waiting` and `sender` from any thread; the rest is plain data.
#pragma once

#include "actors/messages.hpp"
#include "actors/part_slot.hpp"
#include "runtime/limits/tenant_gate.hpp"
#include "runtime/ports/webhooks.hpp"

#include <memory>
#include <vector>

namespace parlance::actors {

// What turns and charges with a webhook need.
struct Webhooks {
  WriteWebhook write;
  TenantGate waiting;  // those that wait for a receiver, and turns that will end with one
  std::shared_ptr<PartSlot> sender = std::make_shared<PartSlot>();
};

using WaitingDeliveries = std::vector<std::shared_ptr<WaitingDelivery>>;

// What is to be written of each; its body is gone from memory then.
std::vector<Delivery> take_deliveries(const WaitingDeliveries& webhooks);

// They are on disk. Without a sender, the next one finds them there.
void tell_sender(const PartSlot& sender, const WaitingDeliveries& webhooks);

}  // namespace parlance::actors
