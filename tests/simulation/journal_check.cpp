#include "tests/simulation/journal_check.hpp"

#include "storage/keys.hpp"
#include "storage/record_codec.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace parlance::simulation {
namespace {

// One thread of conversation, event by event.
class ThreadCheck {
 public:
  ThreadCheck(std::string thread, History& history, JournalContents& contents)
      : thread_(std::move(thread)),
        history_(history),
        contents_(contents) {}

  void take(std::uint64_t seq, const std::string& encoded) {
    const auto event = storage::decode_event(encoded);
    if (!event) return wrong(seq, "cannot be decoded");
    last_seq_ = seq;
    ++records_;
    visit([&](const auto& each) { check(seq, each); }, *event);
    const auto turn = turns_.find(turn_of(*event));
    if (turn != turns_.end()) turn->second->records.emplace_back(seq, encoded);
  }

  void finish(const Head& head, const JournalBounds& bounds, bool listed) {
    if (last_seq_ < head.seq) wrong(head.seq, "is missing, and the head says it is there");
    if (!rolled_back_ && records_ != last_seq_) wrong(last_seq_, "has gaps before it");
    if (head.turns < last_turn_) wrong(last_seq_, "is of more turns than the head has");
    const std::set<std::uint64_t> unfinished(head.unfinished_seqs.begin(),
                                             head.unfinished_seqs.end());
    if (unfinished != open_)
      wrong(head.seq, "has a head whose unfinished turns are not those of its events");
    if (listed != !open_.empty()) wrong(head.seq, "is not indexed as it has to be");
    if (open_.size() > bounds.unfinished_turns_max) {
      history_.violation("thread " + thread_ + " has " + std::to_string(open_.size()) +
                         " turns that have not ended");
    }
    contents_.unfinished += open_.size();
  }

 private:
  void wrong(std::uint64_t seq, const std::string& what) {
    history_.violation("journal: record " + std::to_string(seq) + " of thread " + thread_ + " " +
                       what);
  }

  void check(std::uint64_t seq, const TurnAccepted& accepted) {
    // One that begins later is written at once, before those that wait behind a turn in front.
    const bool in_line = accepted.starts_ms == 0;
    if (turns_.contains(accepted.turn) || (in_line && accepted.turn <= last_in_line_))
      wrong(seq, "accepts a turn with an old number");
    if (in_line) last_in_line_ = accepted.turn;
    last_turn_ = std::max(last_turn_, accepted.turn);
    auto [turn, is_new] = contents_.turns.try_emplace(accepted.run.value);
    if (!is_new) wrong(seq, "accepts " + accepted.run.value + " a second time");
    turn->second.thread = thread_;
    turn->second.number = accepted.turn;
    turns_[accepted.turn] = &turn->second;
    open_.insert(seq);
    if (in_line) in_line_.insert(seq);
    accepted_seqs_[accepted.turn] = seq;
  }

  // A turn does something: the one that did something before it has to be over, and all that were
  // accepted before it, but for those that begin later.
  void works(std::uint64_t seq, std::uint64_t turn) {
    const auto accepted = accepted_seqs_.find(turn);
    if (accepted == accepted_seqs_.end()) return wrong(seq, "is of a turn that nobody accepted");
    if (!open_.contains(accepted->second)) wrong(seq, "comes after the end of its turn");
    if (working_ != 0 && working_ != turn) wrong(seq, "comes in the middle of another turn");
    if (in_line_.contains(accepted->second) && *in_line_.begin() != accepted->second)
      wrong(seq, "comes while an earlier turn is not over");
    working_ = turn;
  }

  void check(std::uint64_t seq, const StepDone& step) {
    works(seq, step.turn);
    for (const auto& message : step.messages) {
      const auto told = told_.find(message->id);
      if (told != told_.end() && told->second != message->text)
        wrong(seq, "has a message that is not the text that was streamed");
      told_.erase(message->id);
    }
  }

  void check(std::uint64_t seq, const Delta& delta) {
    works(seq, delta.turn);
    if (given_up_.contains(delta.message)) wrong(seq, "goes on with a text that was given up");
    for (const auto& piece : delta.pieces)
      told_[delta.message] += piece;
    telling_[delta.turn] = delta.message;
  }

  void check(std::uint64_t seq, const Superseded& superseded) {
    works(seq, superseded.turn);
    told_.erase(superseded.message);
    given_up_.insert(superseded.message);
  }

  void check(std::uint64_t seq, const TurnEnded& ended) {
    if (ended.begun) {
      works(seq, ended.turn);
      working_ = 0;
    }
    in_line_.erase(ended.accepted_seq);
    if (open_.erase(ended.accepted_seq) == 0) wrong(seq, "ends a turn that is not open");
    const auto turn = turns_.find(ended.turn);
    if (turn != turns_.end()) turn->second->ended = true;
    const auto telling = telling_.find(ended.turn);
    if (ended.outcome == TurnOutcome::finished && telling != telling_.end() &&
        told_.contains(telling->second))
      wrong(seq, "ends well, and a text that was shown is no message and was not given up");
  }

  void check(std::uint64_t seq, const RolledBack& rolled_back) {
    rolled_back_ = true;
    if (accepted_seqs_.contains(rolled_back.turn)) wrong(seq, "leaves records of its turn behind");
  }

  const std::string thread_;
  History& history_;
  JournalContents& contents_;
  std::uint64_t last_seq_ = 0;
  std::uint64_t last_turn_ = 0;
  std::uint64_t last_in_line_ = 0;  // of those that do not begin later
  std::uint64_t records_ = 0;
  bool rolled_back_ = false;
  std::set<std::uint64_t> open_;                          // accepted records without an end
  std::set<std::uint64_t> in_line_;                       // those that do not begin later
  std::uint64_t working_ = 0;                             // turn that has begun, and not ended
  std::map<std::uint64_t, std::uint64_t> accepted_seqs_;  // by turn
  std::map<std::uint64_t, JournalTurn*> turns_;
  std::map<std::string, std::string> told_;       // streamed text, by message
  std::map<std::uint64_t, std::string> telling_;  // the message that a turn streamed last
  std::set<std::string> given_up_;
};

}  // namespace

JournalContents check_journal(const Disk& disk, const JournalBounds& bounds, History& history) {
  JournalContents contents;
  const auto& events = disk.family(Disk::events);
  const auto& listed = disk.family(Disk::unfinished);
  for (const auto& [thread, value] : disk.family(Disk::heads)) {
    const std::string name = storage::thread_of(thread)->thread.value;
    const auto head = storage::decode_head(value);
    if (!head) {
      history.violation("journal: the head of thread " + name + " cannot be decoded");
      continue;
    }
    ThreadCheck check(name, history, contents);
    const std::string prefix = storage::events_prefix(thread, head->incarnation);
    for (auto event = events.lower_bound(prefix);
         event != events.end() && event->first.starts_with(prefix);
         ++event)
      check.take(storage::split_event_key(event->first)->seq, event->second);
    check.finish(*head, bounds, listed.contains(thread));
  }
  for (const auto& [thread, value] : listed) {
    if (!disk.family(Disk::heads).contains(thread))
      history.violation("journal: a thread is indexed that is not there");
  }
  return contents;
}

std::string describe(const std::string& encoded) {
  const auto event = storage::decode_event(encoded);
  if (!event) return "damaged";
  const std::string turn = "turn " + std::to_string(turn_of(*event)) + " ";
  if (const auto* accepted = get_if<TurnAccepted>(&*event))
    return turn + "accepted " + accepted->run.value;
  if (const auto* step = get_if<StepDone>(&*event)) return turn + "step " + step->node;
  if (const auto* delta = get_if<Delta>(&*event)) {
    std::string text;
    for (const auto& piece : delta->pieces)
      text += piece;
    return turn + "delta " + text;
  }
  if (holds_alternative<Superseded>(*event)) return turn + "superseded";
  if (const auto* ended = get_if<TurnEnded>(&*event)) {
    constexpr const char* outcomes[] = {"finished", "failed", "cancelled", "paused"};
    return turn + outcomes[static_cast<std::size_t>(ended->outcome)] +
           (ended->error ? " " + std::string(to_string(*ended->error)) : "");
  }
  return turn + "rolled back";
}

}  // namespace parlance::simulation
