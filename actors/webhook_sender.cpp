#include "actors/webhook_sender.hpp"

#include "runtime/base/failpoint.hpp"
#include "runtime/base/log.hpp"
#include "runtime/limits/backoff.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <algorithm>

namespace parlance::actors {
namespace {

constexpr std::chrono::milliseconds first_tick_after{1};
constexpr std::chrono::milliseconds sender_tick_time{50};
constexpr std::chrono::milliseconds read_again_after{1'000};
constexpr std::size_t due_page_max = 256;
constexpr unsigned status_gone = 410;

bool was_taken(const WebhookAnswer& answer) {
  return answer.status >= 200 && answer.status < 300;
}

}  // namespace

WebhookSender::WebhookSender(caf::actor_config& config,
                             WebhookSenderOptions options,
                             WebhookSenderTools tools)
    : caf::event_based_actor(config),
      options_(options),
      tools_(std::move(tools)),
      random_(std::random_device{}()) {}

caf::behavior WebhookSender::make_behavior() {
  tools_.metrics.waiting(0);
  delayed_send(this, first_tick_after, Tick{});
  return {
      [this](DeliveryWaits& waits) { add(std::move(*waits.waiting)); },
      [this](DeliveriesListed& report) { listed(*report.deliveries); },
      [this](DeliveryRead& report) { read(report); },
      [this](DeliveryAnswered& report) { answered(report); },
      [this](const Drain&) { draining_ = true; },
      [this](Tick) {
        list_if_found();
        fill();
        delayed_send(this, sender_tick_time, Tick{});
      },
  };
}

void WebhookSender::on_exit() {
  for (auto& [number, attempt] : attempts_) {
    if (attempt.cancel) attempt.cancel();
  }
  attempts_.clear();
  tools_.waiting.count_anew();
  waiting_.clear();
  tools_.metrics.waiting(0);
}

// --- what waits
// -----------------------------------------------------------------------------------

// Whoever writes a row from here on finds this sender in its slot, and tells it. So between the
// list and what is told nothing is missed.
void WebhookSender::list_if_found() {
  if (listing_ || tools_.slot->part().actor != caf::actor_cast<caf::actor>(this)) return;
  listing_ = true;
  list();
}

void WebhookSender::list() {
  tools_.outbox.deliveries(
      listed_to_,
      due_page_max,
      [self = caf::actor_cast<caf::actor>(this)](Result<std::vector<Delivery>> deliveries) {
        caf::anon_send(self,
                       DeliveriesListed{
                           std::make_shared<Result<std::vector<Delivery>>>(std::move(deliveries))});
      });
}

void WebhookSender::listed(const Result<std::vector<Delivery>>& deliveries) {
  if (!deliveries) {
    log_error("webhooks_not_listed", {{"detail", deliveries.error().detail}});
    listing_ = false;  // the next tick tries again, from where this page began
    return;
  }
  if (deliveries->empty()) {
    listed_all_ = true;
    tools_.waiting.all_counted();
    return removed_.clear();
  }
  for (const auto& delivery : *deliveries) {
    if (waiting_.contains(delivery.key) || removed_.contains(delivery.key)) continue;
    add({delivery, tools_.waiting.enter(delivery.key.thread.tenant)});
  }
  listed_to_ = deliveries->back().key;
  list();
}

void WebhookSender::add(WaitingDelivery waiting) {
  const DeliveryKey key = waiting.delivery.key;
  const std::int64_t due_ms = waiting.delivery.next_ms;
  if (!waiting_.emplace(key, std::move(waiting)).second) return;
  tools_.metrics.waiting(waiting_.size());
  line_up(key, due_ms);
  fill();
}

void WebhookSender::line_up(const DeliveryKey& key, std::int64_t due_ms) {
  const std::string receiver(receiver_of(waiting_.at(key).delivery));
  receivers_[receiver].line.emplace(due_ms, key);
}

// The row goes with the journal's next write.
void WebhookSender::remove(const DeliveryKey& key) {
  tools_.outbox.remove(key);
  if (!listed_all_) removed_.insert(key);
  forget(key);
}

void WebhookSender::forget(const DeliveryKey& key) {
  waiting_.erase(key);
  tools_.metrics.waiting(waiting_.size());
}

// --- attempts
// -------------------------------------------------------------------------------------

// Starts what is due, one of each receiver after the other.
void WebhookSender::fill() {
  if (draining_) return;
  const std::int64_t now_ms = tools_.clock.unix_ms();
  std::size_t passed_by = 0;
  auto receiver = receivers_.upper_bound(last_receiver_);
  while (attempts_.size() < options_.at_once_max && passed_by < receivers_.size()) {
    if (receiver == receivers_.end()) receiver = receivers_.begin();
    auto& [name, at] = *receiver;
    const bool due = at.sending < options_.per_receiver_max && !at.line.empty() &&
                     at.line.begin()->first <= now_ms;
    if (due) {
      const DeliveryKey key = at.line.begin()->second;
      at.line.erase(at.line.begin());
      last_receiver_ = name;
      passed_by = 0;
      start(key, at);
    } else {
      ++passed_by;
    }
    ++receiver;
  }
}

void WebhookSender::start(const DeliveryKey& key, Receiver& receiver) {
  PARLANCE_FAILPOINT("webhook_sender.start");
  ++receiver.sending;
  const std::uint64_t number = ++last_attempt_;
  attempts_[number].key = key;
  tools_.outbox.delivery(
      key,
      [self = caf::actor_cast<caf::actor>(this), number](Result<std::optional<Delivery>> found) {
        caf::anon_send(
            self,
            DeliveryRead{number,
                         std::make_shared<Result<std::optional<Delivery>>>(std::move(found))});
      });
}

void WebhookSender::read(DeliveryRead& report) {
  const auto attempt = attempts_.find(report.attempt);
  if (attempt == attempts_.end()) return;
  Result<std::optional<Delivery>>& found = *report.delivery;
  if (!found || !*found || draining_) {
    const DeliveryKey key = leave_receiver(attempt).key;
    if (found && !*found) return forget(key);
    return line_up(key, tools_.clock.unix_ms() + read_again_after.count());
  }
  attempt->second.delivery = std::move(**found);
  if (failpoint_fires("mutant.remove_webhook_early")) tools_.outbox.remove(attempt->second.key);
  attempt->second.cancel = tools_.client.post(
      attempt->second.delivery,
      [self = caf::actor_cast<caf::actor>(this), number = report.attempt](WebhookAnswer answer) {
        caf::anon_send(self, DeliveryAnswered{number, std::move(answer)});
      });
}

void WebhookSender::answered(DeliveryAnswered& report) {
  const auto found = attempts_.find(report.attempt);
  if (found == attempts_.end()) return;
  Attempt attempt = leave_receiver(found);
  if (was_taken(report.answer)) {
    tools_.metrics.delivered();
    remove(attempt.key);
  } else {
    failed(std::move(attempt.delivery), report.answer);
  }
  fill();
}

void WebhookSender::failed(Delivery delivery, const WebhookAnswer& answer) {
  tools_.metrics.attempt_failed();
  ++delivery.attempts;
  if (answer.status == status_gone) {
    tools_.metrics.gone();
    return give_up(delivery, answer, "gone");
  }
  const std::int64_t now_ms = tools_.clock.unix_ms();
  const std::int64_t last_ms = delivery.created_ms + options_.retry_time_max.count();
  if (now_ms >= last_ms) {
    tools_.metrics.out_of_time();
    return give_up(delivery, answer, "out_of_time");
  }
  const double random = std::uniform_real_distribution<double>(0, 1)(random_);
  const auto wait = std::max(
      full_jitter(options_.retry_wait_min, options_.retry_wait_max, delivery.attempts, random),
      answer.retry_after.value_or(std::chrono::milliseconds(0)));
  delivery.next_ms = std::min(now_ms + wait.count(), last_ms);
  log_info("webhook_failed",
           {{"tenant", delivery.key.thread.tenant.value},
            {"run", delivery.key.run.value},
            {"receiver", receiver_of(delivery)},
            {"status", answer.status},
            {"reason", answer.failure},
            {"attempts", delivery.attempts},
            {"wait_ms", delivery.next_ms - now_ms}});
  line_up(delivery.key, delivery.next_ms);
  tools_.outbox.put_off(std::move(delivery));
}

void WebhookSender::give_up(const Delivery& delivery,
                            const WebhookAnswer& answer,
                            const char* why) {
  log_warn("webhook_given_up",
           {{"tenant", delivery.key.thread.tenant.value},
            {"thread", delivery.key.thread.thread.value},
            {"run", delivery.key.run.value},
            {"receiver", receiver_of(delivery)},
            {"status", answer.status},
            {"reason", why},
            {"attempts", delivery.attempts}});
  remove(delivery.key);
}

// The attempt is over: its receiver has room again.
WebhookSender::Attempt WebhookSender::leave_receiver(
    std::map<std::uint64_t, Attempt>::iterator attempt) {
  Attempt over = std::move(attempt->second);
  attempts_.erase(attempt);
  const auto receiver = receivers_.find(receiver_of(waiting_.at(over.key).delivery));
  if (--receiver->second.sending == 0 && receiver->second.line.empty()) receivers_.erase(receiver);
  return over;
}

}  // namespace parlance::actors
