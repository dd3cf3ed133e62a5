// Posts the webhooks of turns that have ended until their receivers have them.
//
// The outbox's rows are the truth: a sender that starts lists them, threads tell it of new ones
// (DeliveryWaits), and what it keeps in memory is when each is due. A row's body is read when it is
// sent. So nothing is lost with a sender or a process, and a delivery may be posted again: its
// receiver knows it by its id.
//
//   waiting --due, and its receiver has room--> sending --2xx--> removed
//      ^                                           |--410, or out of time--> removed: given up
//      '---- backoff, or the receiver's advice ----'
//
// Any answer but 2xx and 410 is a failed attempt, as Standard Webhooks has it: 4xx too, as
// receivers are mended, and 3xx, as redirects are not followed. The waits grow from retry_wait_min
// to retry_wait_max with full jitter, or are the receiver's Retry-After where that is longer; the
// last attempt is made when retry_time_max has passed since the turn's end.
//
// Drain: nothing more is sent, what waits stays on disk.
//
// Bounds: at_once_max attempts, per_receiver_max of them to one receiver (scheme, host and port),
// so that one that hangs does not hold the others up; receivers take turns. Memory for the key of
// each row; rows by the gate `waiting`, which threads ask before they accept a turn, and which lets
// none in until a sender that starts has listed the outbox. The row of a thread that was deleted is
// gone from disk at once, and from memory when it comes due.
// Threading: an actor. The outbox and the client report from their own threads, as messages.
// Failure: an exception ends the sender, its attempts are cancelled, and the next one lists the
// outbox again.
#pragma once

#include "actors/messages.hpp"
#include "actors/part_slot.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/metrics/webhook_metrics.hpp"
#include "runtime/ports/outbox.hpp"
#include "runtime/ports/webhooks.hpp"

#include <caf/event_based_actor.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>

namespace parlance::actors {

struct WebhookSenderOptions {
  std::uint32_t at_once_max = 32;
  std::uint32_t per_receiver_max = 4;
  std::chrono::milliseconds retry_wait_min{5'000};
  std::chrono::milliseconds retry_wait_max{600'000};
  std::chrono::milliseconds retry_time_max{std::chrono::hours(24)};
};

// What the sender works with; outlives every generation of it.
struct WebhookSenderTools {
  Outbox& outbox;
  WebhookClient& client;
  WebhookMetrics& metrics;
  const Clock& clock;
  TenantGate& waiting;
  std::shared_ptr<PartSlot> slot;  // the sender's own
};

class WebhookSender : public caf::event_based_actor {
 public:
  WebhookSender(caf::actor_config& config, WebhookSenderOptions options, WebhookSenderTools tools);

  const char* name() const override { return "webhook_sender"; }

 protected:
  caf::behavior make_behavior() override;
  void on_exit() override;

 private:
  struct Receiver {
    std::set<std::pair<std::int64_t, DeliveryKey>> line;  // by when each is due
    std::uint32_t sending = 0;
  };
  using Receivers = std::map<std::string, Receiver, std::less<>>;
  struct Attempt {
    DeliveryKey key;
    Delivery delivery;     // once it has been read
    CancelWebhook cancel;  // set while the client has it
  };

  void list_if_found();
  void list();
  void listed(const Result<std::vector<Delivery>>& deliveries);
  void add(WaitingDelivery waiting);
  void fill();
  void start(const DeliveryKey& key, Receiver& receiver);
  void read(DeliveryRead& report);
  void answered(DeliveryAnswered& report);
  void failed(Delivery delivery, const WebhookAnswer& answer);
  void give_up(const Delivery& delivery, const WebhookAnswer& answer, const char* why);
  void line_up(const DeliveryKey& key, std::int64_t due_ms);
  void remove(const DeliveryKey& key);
  void forget(const DeliveryKey& key);
  Attempt leave_receiver(std::map<std::uint64_t, Attempt>::iterator attempt);

  const WebhookSenderOptions options_;
  const WebhookSenderTools tools_;
  std::map<DeliveryKey, WaitingDelivery> waiting_;  // being sent included
  Receivers receivers_;                             // of those
  std::string last_receiver_;                       // that an attempt was started for
  std::map<std::uint64_t, Attempt> attempts_;
  std::uint64_t last_attempt_ = 0;
  bool listing_ = false;                  // the outbox is being listed, or has been
  bool listed_all_ = false;               // it has been
  std::optional<DeliveryKey> listed_to_;  // of the pages so far
  std::set<DeliveryKey> removed_;         // until then: pages may still have them
  bool draining_ = false;
  std::minstd_rand random_;
};

}  // namespace parlance::actors
