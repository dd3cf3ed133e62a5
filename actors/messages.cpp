#include "actors/messages.hpp"

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

void ControlJob::refuse(const Error& error) {
  taken = true;
  std::visit(Refuse{error}, request);
}

}  // namespace parlance::actors
