// A TurnSink that keeps what it was told.
#pragma once

#include "runtime/ports/conversations.hpp"

#include <optional>
#include <vector>

namespace parlance::tests {

struct RecordingSink : TurnSink {
  void started(const TurnStart& begun) override { start = begun; }
  bool records(std::span<const RecordPtr> shown) override {
    all.insert(all.end(), shown.begin(), shown.end());
    return takes_more;
  }
  bool follows_text() const override { return follows; }
  void closed(std::optional<Error> why) override {
    ++closings;
    error = std::move(why);
  }

  bool is_closed() const { return closings > 0; }
  const TurnEnded* ended() const {
    return all.empty() ? nullptr : get_if<TurnEnded>(&all.back()->event);
  }
  // Everything that was streamed, in order.
  std::string text() const {
    std::string joined;
    for (const auto& record : all) {
      if (const auto* delta = get_if<Delta>(&record->event)) {
        for (const auto& piece : delta->pieces)
          joined += piece;
      }
    }
    return joined;
  }
  template <class Kind>
  std::size_t count() const {
    std::size_t found = 0;
    for (const auto& record : all)
      found += holds_alternative<Kind>(record->event) ? 1U : 0U;
    return found;
  }

  std::optional<TurnStart> start;
  std::vector<RecordPtr> all;
  std::optional<Error> error;
  int closings = 0;
  bool takes_more = true;
  bool follows = true;
};

}  // namespace parlance::tests
