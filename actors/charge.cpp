#include "actors/charge.hpp"

#include <algorithm>

namespace parlance::actors {
namespace {

// Whether a provider may charge for a call that failed like this. The others say that it was not
// reached, or refused.
bool may_be_served(ErrorCode code) {
  switch (code) {
    case ErrorCode::provider_failed:
    case ErrorCode::answer_unfit:
    case ErrorCode::answer_too_long:
    case ErrorCode::deadline_passed:
    case ErrorCode::cancelled:
    case ErrorCode::internal:
      return true;
    default:
      return false;
  }
}

Usage estimate_of(const Charge& charge) {
  Usage usage = charge.row.usage;
  usage.tokens_out =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(charge.tokens_said, usage.tokens_out));
  return usage;
}

SharedBill::Share share_of_leaving(const Charge& charge) {
  return charge.bill ? charge.bill->leave(charge.call) : SharedBill::Share{};
}

// Of a call without an answer: what its provider told of it, and an estimate of what it did not
// tell. The question is told whole or not at all, the answer up to some point.
void settle_cut(CallCost& cost, const Usage& told, const Usage& estimate) {
  cost.usage = told.tokens_in > 0 ? told : estimate;
  cost.usage.tokens_out = std::max(told.tokens_out, estimate.tokens_out);
  const bool is_told = told.tokens_in > 0 && cost.usage == told;
  cost.counted = is_told ? Counted::told : Counted::estimated;
}

std::vector<SharedBill::Attempt> failed_before(const Charge& charge) {
  return charge.bill ? charge.bill->take_failed() : std::vector<SharedBill::Attempt>();
}

}  // namespace

CallCost cost_of_answered(const Charge& charge, const Answered& report) {
  CallCost cost{report.provider, report.model, {}, Counted::told};
  if (report.is_paid_for) return cost;
  cost.failed = failed_before(charge);
  if (!*report.answer) {
    const Usage estimate = estimate_of(charge);
    const bool served = estimate.tokens_out > 0 || may_be_served(report.answer->error().code);
    const Usage told = share_of_leaving(charge).told.value_or(Usage{});
    settle_cut(cost, told, served ? estimate : Usage{});
    return cost;
  }
  const ChatAnswer& answer = **report.answer;
  cost.usage = answer.usage;
  if (!answer.usage_is_told) cost.counted = Counted::estimated;
  return cost;
}

CallCost cost_of_left(const Charge& charge) {
  const auto share = share_of_leaving(charge);
  CallCost cost{share.provider, share.model, {}, Counted::told};
  if (!share.pays) return cost;
  cost.failed = failed_before(charge);
  settle_cut(cost, share.told.value_or(Usage{}), estimate_of(charge));
  return cost;
}

CallCost cost_of_lost(const Charge& charge, bool proceeded) {
  return {
      {}, {}, proceeded ? charge.row.usage : Usage{}, Counted::estimated, failed_before(charge)};
}

}  // namespace parlance::actors
