// A ChatProvider that answers when the test lets it.
#pragma once

#include "runtime/ports/chat_provider.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace parlance::tests {

class FakeProvider : public ChatProvider {
 public:
  struct Call {
    ProviderCall call;
    ProviderReports reports;
    bool cancelled = false;
    bool ended = false;

    void say(std::string piece, bool is_last = false) { reports.said({std::move(piece)}, is_last); }
    void end(Result<ChatAnswer> answer) {
      ended = true;
      reports.ended(std::move(answer));
    }
  };

  CancelCall start(ProviderCall call, ProviderReports reports) override {
    calls.push_back(std::make_shared<Call>(Call{std::move(call), std::move(reports)}));
    return [made = std::weak_ptr<Call>(calls.back())] {
      if (auto call_made = made.lock()) call_made->cancelled = true;
    };
  }

  std::size_t running() const {
    std::size_t open = 0;
    for (const auto& call : calls)
      open += call->ended || call->cancelled ? 0U : 1U;
    return open;
  }

  std::vector<std::shared_ptr<Call>> calls;
};

inline ChatAnswer answer_of(std::string text) {
  return {"fake-1", std::move(text), {}, Usage{3, 5}, StopReason::stop};
}

}  // namespace parlance::tests
