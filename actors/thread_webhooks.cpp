// ThreadActor's webhooks: a turn that was asked for with one takes a place among those that wait,
// its end is written together with the delivery, and the sender hears of it once that is on disk.
#include "actors/thread_actor.hpp"

#include <caf/send.hpp>

#include <utility>

namespace parlance::actors {
namespace {

constexpr const char* option = "webhook";  // of TurnAccepted::options: the URL

}  // namespace

std::shared_ptr<WaitingDelivery> ThreadActor::recovered_webhook(const TurnAccepted& accepted) {
  if (!accepted.options.contains(option)) return nullptr;
  return std::make_shared<WaitingDelivery>(WaitingDelivery{{}, tools_.webhooks.waiting.enter()});
}

// The error is the refusal of a turn with a webhook that finds no place for it.
std::optional<Error> ThreadActor::take_webhook(const TurnRequest& request,
                                               std::shared_ptr<WaitingDelivery>& webhook) {
  if (!request.options.contains(option)) return std::nullopt;
  auto ticket = tools_.webhooks.waiting.try_enter();
  if (!ticket)
    return Error{ErrorCode::webhooks_full, "too many webhooks wait for their receivers", {}, {}};
  webhook = std::make_shared<WaitingDelivery>(WaitingDelivery{{}, std::move(ticket)});
  return std::nullopt;
}

// Adds the delivery to what is written with the turn's end.
void ThreadActor::end_webhook(Place& place, const RecordPtr& end, Append& what) {
  const auto* ended = std::get_if<TurnEnded>(&end->event);
  if (ended == nullptr) return;
  const Turn& turn = place.turn;
  EndedRun over;
  over.thread = key_;
  over.run.run = turn.accepted().run;
  over.run.turn = turn.number();
  over.run.agent = turn.accepted().agent;
  over.run.status = status_of(*ended);
  over.run.begun = ended->begun;
  over.run.accepted_seq = turn.accepted_seq();
  over.run.ended_seq = end->seq;
  over.run.created_ms = turn.accepted().accepted_ms;
  over.run.updated_ms = ended->ended_ms;
  over.run.accepted = turn.shared_accepted();
  over.run.ended = {end, ended};
  if (ended->begun) {
    over.started_ms = place.begun_ms;
    over.messages = messages_after(*turn.messages_before(), turn.records());
    over.fields = ended->fields;
  }
  Delivery delivery;
  delivery.key = {key_, turn.accepted().run};
  delivery.url = turn.accepted().options[option].get<std::string>();
  delivery.created_ms = delivery.next_ms = ended->ended_ms;
  place.webhook->delivery = delivery;
  delivery.body = tools_.webhooks.write(over);
  what.deliveries.push_back(std::move(delivery));
}

// Without a sender it stays on disk, where the next one finds it.
void ThreadActor::send_webhook(Place& place) {
  if (const auto part = tools_.webhooks.sender->part().actor)
    caf::anon_send(part, DeliveryWaits{std::move(place.webhook)});
}

}  // namespace parlance::actors
