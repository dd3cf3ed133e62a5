// A turn on its way to one client: records come in from any thread, and one session takes them out.
//
// Bounds: while more than buffer_bytes_max of records wait to be written, and no write to the
// client has ended for stall_time_max, no further batch is taken: records() answers false,
// `fell_behind` is called, and the session writes what was taken before and cuts the stream. A
// burst may be larger than that, up to burst_factor times: a provider that says all at once is
// faster than any client. The client resumes after its last event. Records at or before `after`
// cost nothing, so that each resumption gets further than the one before it.
//
// Threading: TurnSink's calls from any thread; the rest on the session's strand.
#pragma once

#include "net/sse_writer.hpp"
#include "net/waker.hpp"
#include "runtime/ports/conversations.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace parlance::net {

class TurnStream final : public TurnSink {
 public:
  // What the session waits for: that the turn was accepted, its end, or every record.
  enum class Wants : std::uint8_t { start, end, everything };

  using Time = std::chrono::steady_clock::time_point;

  static constexpr std::chrono::milliseconds stall_time_max{500};
  static constexpr std::size_t burst_factor = 8;

  struct Options {
    Wants wants = Wants::everything;
    std::size_t buffer_bytes_max = 256 * 1024;
    EventId after;
    std::function<void()> fell_behind;  // from any thread, at most once
    std::function<Time()> now = std::chrono::steady_clock::now;
  };

  TurnStream(std::shared_ptr<Waker> waker, Options options);

  void started(const TurnStart& start) override;
  bool records(std::span<const RecordPtr> records) override;
  bool follows_text() const override { return options_.wants == Wants::everything; }
  void closed(std::optional<Error> error) override;

  struct Taken {
    bool started = false;
    bool closed = false;
    bool fell_behind = false;
    std::optional<Error> error;  // of closed()
    std::vector<RecordPtr> records;
  };

  // What has come since the last take(). Deltas are left out unless everything is wanted.
  Taken take();

  // What was taken has been written: there is room again.
  void written();

  // The client has gone: no more records.
  void leave();

  // Valid once take() has said `started`.
  const TurnStart& start() const { return *start_; }

 private:
  void wake_locked();
  bool has_room_locked(Time now);

  const std::shared_ptr<Waker> waker_;
  const Options options_;

  std::mutex mutex_;  // guards all below; start_ does not change once set
  std::optional<TurnStart> start_;
  std::vector<RecordPtr> waiting_;
  std::size_t bytes_waiting_ = 0;
  std::size_t bytes_taken_ = 0;
  Time moved_at_{};  // the client took something, or there was nothing to take
  std::optional<Error> error_;
  bool closed_ = false;
  bool left_ = false;
  bool fell_behind_ = false;
  bool wake_sent_ = false;
};

}  // namespace parlance::net
