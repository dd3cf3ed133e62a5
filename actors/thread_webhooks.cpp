// ThreadActor's webhooks: a turn that was asked for with one has a place among those that wait,
// whether its thread is in memory or not. Its end is written together with the delivery, and the
// journal tells the sender of it, so that nothing of it depends on this actor from then on.
#include "actors/thread_actor.hpp"

#include <utility>

namespace parlance::actors {
namespace {

constexpr const char* option = "webhook";  // of TurnAccepted::options: the URL

}  // namespace

// With the place that it kept while the thread was not in memory; found by a new process, it is
// counted from here on.
std::shared_ptr<WaitingDelivery> ThreadActor::recovered_webhook(const TurnAccepted& accepted,
                                                                WebhookPlaces& kept) {
  if (!accepted.options.contains(option)) return nullptr;
  auto webhook = std::make_shared<WaitingDelivery>();
  webhook->ticket = std::move(kept[accepted.turn]);
  if (!webhook->ticket) webhook->ticket = tools_.webhooks.waiting.enter(key_.tenant);
  return webhook;
}

// The thread leaves memory, and the turn stays on disk.
void ThreadActor::keep_webhook_place(const Place& place) {
  if (place.webhook) slot_->webhook_places[place.turn.number()] = std::move(place.webhook->ticket);
}

// The error is the refusal of a turn with a webhook that finds no place for it.
std::optional<Error> ThreadActor::take_webhook(const TurnRequest& request,
                                               std::shared_ptr<WaitingDelivery>& webhook) {
  if (!request.options.contains(option)) return std::nullopt;
  TenantGate& waiting = tools_.webhooks.waiting;
  auto ticket = waiting.try_enter(key_.tenant);
  if (!ticket) {
    const char* const why = waiting.counting() ? "the webhooks that wait are still being counted"
                                               : "too many webhooks wait for their receivers";
    return Error{ErrorCode::webhooks_full, why, {}, {}};
  }
  webhook = std::make_shared<WaitingDelivery>(WaitingDelivery{{}, std::move(ticket)});
  return std::nullopt;
}

// Adds the delivery to what is written with the turn's end. Null: this is not its end.
std::shared_ptr<WaitingDelivery> ThreadActor::end_webhook(Place& place,
                                                          const RecordPtr& end,
                                                          Append& what) {
  const auto* ended = get_if<TurnEnded>(&end->event);
  if (ended == nullptr) return nullptr;
  const Turn& turn = place.turn;
  EndedRun over;
  over.thread = key_;
  over.run = *ended_run(turn.records());
  if (ended->begun) {
    over.started_ms = place.begun_ms;
    over.messages = messages_after(*turn.messages_before(), turn.records());
    over.fields = ended->fields;
  }
  Delivery delivery;
  delivery.key = {key_, head_->incarnation, turn.accepted().run};
  delivery.url = turn.accepted().options[option].get<std::string>();
  delivery.created_ms = delivery.next_ms = ended->ended_ms;
  place.webhook->delivery = delivery;
  delivery.body = tools_.webhooks.write(over);
  what.deliveries.push_back(std::move(delivery));
  return std::move(place.webhook);
}

}  // namespace parlance::actors
