#include "runtime/money/shared_bill.hpp"

#include <utility>

namespace parlance {

void SharedBill::join(std::uint64_t member, const std::string& run) {
  const std::scoped_lock lock(mutex_);
  if (!run.empty()) std::erase_if(members_, [&](const Member& each) { return each.run == run; });
  members_.push_back({member, run});
}

void SharedBill::sent(std::string provider, std::string model) {
  const std::scoped_lock lock(mutex_);
  was_sent_ = true;
  provider_ = std::move(provider);
  model_ = std::move(model);
}

void SharedBill::failed(const Usage& told) {
  const std::scoped_lock lock(mutex_);
  was_sent_ = false;
  if (!(told == Usage{})) failed_.push_back({provider_, model_, told});
}

std::vector<SharedBill::Attempt> SharedBill::take_failed() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(failed_, {});
}

SharedBill::Share SharedBill::leave(std::uint64_t member) {
  const std::scoped_lock lock(mutex_);
  const bool was_payer = !members_.empty() && members_.front().call == member;
  if (std::erase_if(members_, [&](const Member& each) { return each.call == member; }) == 0)
    return {};
  const bool pays = has_ended_ ? was_payer : members_.empty();
  if (!pays) return {};
  if (was_sent_) return {true, told_, provider_, model_};
  if (failed_.empty()) return {};
  // Nothing is under way: what was told of an attempt that failed is all that there is to pay.
  Attempt last = std::move(failed_.back());
  failed_.pop_back();
  return {true, last.told, std::move(last.provider), std::move(last.model)};
}

std::optional<std::uint64_t> SharedBill::end(std::optional<Usage> told) {
  const std::scoped_lock lock(mutex_);
  has_ended_ = true;
  told_ = told;
  if (members_.empty()) return std::nullopt;
  members_.resize(1);  // the others owe nothing
  return members_.front().call;
}

}  // namespace parlance
