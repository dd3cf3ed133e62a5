#include "actors/messages.hpp"

#include <atomic>

namespace parlance::actors {
namespace {

struct Refuse {
  const Error& error;

  void operator()(JoinRun& join) const {
    if (auto sink = std::exchange(join.sink, nullptr)) sink->closed(error);
  }
  void operator()(auto& asked) const {
    if (auto done = std::exchange(asked.done, nullptr)) done(error);
  }
};

}  // namespace

std::uint64_t next_call() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

void ControlJob::refuse(const Error& error) {
  taken = true;
  std::visit(Refuse{error}, request);
}

}  // namespace parlance::actors
