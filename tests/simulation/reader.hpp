// One connection that is shown one turn. Whatever it is told is held against the disk (is it there,
// synced, at this moment?) and against what all others were told before.
#pragma once

#include "runtime/ports/conversations.hpp"
#include "tests/simulation/disk.hpp"
#include "tests/simulation/history.hpp"
#include "tests/simulation/run.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace parlance::simulation {

enum class ReaderKind : std::uint8_t { posts, joins, posts_another_body };

class Reader : public TurnSink {
 public:
  Reader(std::string name,
         ReaderKind kind,
         bool follows_text,
         bool two_owners,
         std::shared_ptr<Run> run,
         std::shared_ptr<const bool> server_alive,
         const Disk& disk,
         History& history);

  void started(const TurnStart& start) override;
  bool records(std::span<const RecordPtr> records) override;
  void closed(std::optional<Error> error) override;
  bool follows_text() const override { return follows_text_; }

  // It takes nothing more from now on.
  void leave() { leaves_ = true; }
  void writes_have_failed() { writes_failed_ = true; }

  const Run& run() const { return *run_; }
  bool has_started() const { return started_; }
  bool is_closed() const { return closed_; }
  // Closed without an error: it was shown the whole turn.
  bool has_all() const { return has_all_; }

 private:
  void violation(const std::string& what) { history_.violation(name_ + ": " + what); }
  void check_refusal(const Error& error);

  const std::string name_;
  const ReaderKind kind_;
  const bool follows_text_;
  const bool two_owners_;
  const std::shared_ptr<Run> run_;
  const std::shared_ptr<const bool> server_alive_;
  const Disk& disk_;
  History& history_;
  bool leaves_ = false;
  bool writes_failed_ = false;
  bool started_ = false;
  bool closed_ = false;
  bool has_all_ = false;
  bool ended_ = false;  // it was shown the end
  std::size_t shown_ = 0;
};

}  // namespace parlance::simulation
