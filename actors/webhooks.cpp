#include "actors/webhooks.hpp"

#include <caf/send.hpp>

namespace parlance::actors {

std::vector<Delivery> take_deliveries(const WaitingDeliveries& webhooks) {
  std::vector<Delivery> deliveries;
  for (const auto& webhook : webhooks) {
    deliveries.push_back(webhook->delivery);
    webhook->delivery.body.clear();
  }
  return deliveries;
}

void tell_sender(const PartSlot& sender, const WaitingDeliveries& webhooks) {
  const auto told = sender.part().actor;
  if (!told) return;
  for (const auto& webhook : webhooks)
    caf::anon_send(told, DeliveryWaits{webhook});
}

}  // namespace parlance::actors
