#include "actors/embedding_call.hpp"

#include "actors/budget_alerts.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <utility>

namespace parlance::actors {
namespace {

std::shared_ptr<const ChatRequest> chat_request(const EmbeddingRequest& request) {
  auto asked = std::make_shared<ChatRequest>();
  asked->role = request.role;
  asked->tokens_out_max = 0;
  asked->embeds = request.input;
  return asked;
}

Error restarted() {
  return {ErrorCode::component_restarted, "the model pool was restarted", {}, {}};
}

}  // namespace

EmbeddingCall::EmbeddingCall(caf::actor_config& config,
                             const EmbeddingTools& tools,
                             EmbeddingRequest request,
                             Embeddings::Answer tells)
    : caf::event_based_actor(config),
      tools_(tools),
      request_(std::move(request)),
      asked_(chat_request(request_)),
      done_(std::move(tells)),
      call_(next_call()) {
  set_down_handler([this](const caf::down_msg&) {
    pool_ = nullptr;
    if (charged_) return;
    if (!charge_) return finish(restarted());
    charge(cost_of_lost(*charge_, proceeded_), restarted());
  });
}

caf::behavior EmbeddingCall::make_behavior() {
  if (!ask()) {
    finish(restarted());
    return {};
  }
  return {
      [this](const CallAdmitted& report) { admitted(report); },
      [this](const Answered& report) { answered(report); },
      [this](const RecordsAppended& report) { written(report.outcome); },
      [this](Abandon) {
        stop({ErrorCode::cancelled, "the call was cancelled", {}, {}});
      },
      [this](Tick) {
        stop({ErrorCode::deadline_passed, "the deadline passed during the call", {}, {}});
      },
  };
}

void EmbeddingCall::on_exit() {
  tell(restarted());
  pool_ = nullptr;
  asked_ = nullptr;
  request_.input = nullptr;
}

// False when the pool is away.
bool EmbeddingCall::ask() {
  pool_ = tools_.llm_pool->part().actor;
  if (!pool_) return false;
  monitor(pool_);
  const auto self = caf::actor_cast<caf::actor>(this);
  anon_send(pool_,
            Ask{call_,
                asked_,
                request_.deadline,
                request_.tenant.value,
                request_.request_id,
                self,
                request_.caller_key});
  delayed_send(this, request_.deadline.left(tools_.clock.now()), Tick{});
  return true;
}

LedgerRow EmbeddingCall::row() const {
  LedgerRow made;
  made.key = {tools_.clock.unix_ms(), {request_.tenant, {}}, tools_.epoch, call_};
  made.caller_key = request_.caller_key;
  made.user = request_.input->user;
  made.node = "embed";
  return made;
}

void EmbeddingCall::admitted(const CallAdmitted& report) {
  if (charged_) return;
  charge_ = tools_.money.charge_of(*asked_, row());
  charge_->call = call_;
  charge_->bill = report.bill;
  if (auto refusal = reserve()) {
    if (report.bill) report.bill->leave(call_);
    anon_send(pool_, Abandon{call_});
    return finish(std::move(*refusal));
  }
  if (charge_->payers.empty()) return proceed();
  write({{}, {charge_->row}, {}}, charge_->reserved, {});
}

std::optional<Error> EmbeddingCall::reserve() {
  const auto now = tools_.clock.now();
  if (auto refusal = tools_.money.take_tokens(*charge_, /*always=*/false, now)) return refusal;
  const auto refusal = tools_.money.reserve(*charge_);
  if (!refusal) return std::nullopt;
  tools_.money.give_back(*charge_, now);
  tell_refusal(*refusal,
               charge_->row.key.at_ms,
               tools_.journal,
               tools_.money,
               tools_.webhooks,
               tools_.clock);
  return refusal->error();
}

void EmbeddingCall::proceed() {
  proceeded_ = true;
  anon_send(pool_, Proceed{call_});
}

void EmbeddingCall::answered(const Answered& report) {
  if (charged_) return;
  const auto& answer = *report.answer;
  if (!charge_) return finish(answer.error());  // refused: nothing else comes before a place
  CallCost cost = cost_of_answered(*charge_, report);
  if (!answer) return charge(std::move(cost), answer.error());
  Embedded embedded{answer->model, answer->vectors, cost.usage};
  charge(std::move(cost), std::move(embedded));
}

void EmbeddingCall::stop(Error error) {
  if (charged_) return;
  if (pool_) anon_send(pool_, Abandon{call_});
  if (!charge_) return finish(std::move(error));
  charge(cost_of_left(*charge_), std::move(error));
}

void EmbeddingCall::charge(CallCost cost, Result<Embedded> outcome) {
  charged_ = true;
  outcome_ = std::move(outcome);
  auto settled = tools_.money.settle(*charge_, std::move(cost), tools_.clock.now(), next_call);
  auto alerts = tell_alerts(
      settled.alerts, charge_->row.key.at_ms, tools_.money, tools_.webhooks, tools_.clock);
  write({std::move(alerts.told), std::move(settled.rows), take_deliveries(alerts.webhooks)},
        settled.change,
        std::move(alerts.webhooks));
}

void EmbeddingCall::write(Charges charges, const Amount& change, WaitingDeliveries webhooks) {
  if (change != Amount{}) {
    for (const auto& payer : charge_->payers)
      charges.spendings.push_back({payer, change, charge_->row.key.at_ms, {}});
  }
  tools_.journal.charge(std::move(charges),
                        [self = caf::actor_cast<caf::actor>(this),
                         webhooks = std::move(webhooks),
                         sender = tools_.webhooks.sender](AppendOutcome outcome) {
                          if (outcome == AppendOutcome::committed) tell_sender(*sender, webhooks);
                          caf::anon_send(self, RecordsAppended{outcome, 0});
                        });
}

// Of the two that may be written, the first comes back first.
void EmbeddingCall::written(AppendOutcome outcome) {
  if (outcome != AppendOutcome::committed) {
    return finish(Error{ErrorCode::storage_failed, "a write has failed", {}, {}});
  }
  const bool was_reservation = !charge_->payers.empty() && !std::exchange(reserved_, true);
  if (!was_reservation) return finish(std::move(*outcome_));
  if (!charged_) proceed();
}

void EmbeddingCall::finish(Result<Embedded> outcome) {
  tell(std::move(outcome));
  quit();
}

void EmbeddingCall::tell(Result<Embedded> outcome) {
  if (const auto answer = std::exchange(done_, nullptr)) answer(std::move(outcome));
}

}  // namespace parlance::actors
