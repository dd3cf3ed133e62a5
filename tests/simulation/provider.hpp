// A provider whose calls do what the simulation decides, one event at a time.
#pragma once

#include "runtime/ports/chat_provider.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace parlance::simulation {

class Provider : public ChatProvider {
 public:
  struct Call {
    std::uint64_t number = 0;
    std::string run;
    ProviderReports reports;
    std::string text;  // said so far; no two calls say the same
    std::uint32_t pieces = 0;
    bool cancelled = false;

    void say() {
      std::string piece = std::to_string(number) + "." + std::to_string(++pieces) + " ";
      text += piece;
      reports.said({std::move(piece)}, false);
    }
    void end() { reports.ended(ChatAnswer{"simulated", text, {}, {1, pieces}}); }
    void fail(ErrorCode code) { reports.ended(Error{code, "the provider failed", {}, {}}); }
  };

  // Told of each call before it starts, with its run.
  std::function<void(const std::string& run)> starts;
  bool next_start_throws = false;  // and takes the pool down
  std::vector<std::shared_ptr<Call>> open;

  CancelCall start(ProviderCall call, ProviderReports reports) override {
    if (std::exchange(next_start_throws, false)) throw std::runtime_error("the provider throws");
    starts(call.request_id);
    open.push_back(
        std::make_shared<Call>(Call{++calls_, call.request_id, std::move(reports), {}, 0, false}));
    return [made = std::weak_ptr<Call>(open.back())] {
      if (const auto running = made.lock()) running->cancelled = true;
    };
  }

 private:
  std::uint64_t calls_ = 0;
};

}  // namespace parlance::simulation
