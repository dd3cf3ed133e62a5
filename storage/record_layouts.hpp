// What the values on disk are made of, field by field: the grammar of storage/keys.hpp as code.
//
// Whoever adds a field gives it at the end of its struct's layout, with since() and a LayoutVersion
// of its own. Numbers written here never change their meaning.
#pragma once

#include "runtime/journal/delivery.hpp"
#include "runtime/journal/event.hpp"
#include "runtime/money/account.hpp"
#include "runtime/money/ledger_row.hpp"
#include "runtime/ports/answer_store.hpp"
#include "runtime/ports/journal.hpp"
#include "storage/record_fields.hpp"

#include <cstddef>
#include <cstdint>

namespace parlance::storage {

// ---- numbers

template <>
inline constexpr EnumNumbers<Role> numbers_of<Role>{Role::system, Role::tool, 1};
template <>
inline constexpr EnumNumbers<StopReason> numbers_of<StopReason>{
    StopReason::stop, StopReason::content_filter, 1};
template <>
inline constexpr EnumNumbers<TurnOutcome> numbers_of<TurnOutcome>{
    TurnOutcome::finished, TurnOutcome::paused, 1};
template <>
inline constexpr EnumNumbers<CheckpointPlace::Kind> numbers_of<CheckpointPlace::Kind>{
    CheckpointPlace::Kind::step, CheckpointPlace::Kind::start, 0};
template <>
inline constexpr EnumNumbers<Counted> numbers_of<Counted>{Counted::reserved, Counted::told, 1};

// In front of an event's fields.
template <class Kind>
inline constexpr std::uint8_t kind_number = 0;
template <>
inline constexpr std::uint8_t kind_number<TurnAccepted> = 1;
template <>
inline constexpr std::uint8_t kind_number<StepDone> = 2;
template <>
inline constexpr std::uint8_t kind_number<Delta> = 3;
template <>
inline constexpr std::uint8_t kind_number<Superseded> = 4;
template <>
inline constexpr std::uint8_t kind_number<TurnEnded> = 5;
template <>
inline constexpr std::uint8_t kind_number<RolledBack> = 6;

template <>
inline constexpr std::size_t bytes_min_of<MessagePtr> = 5;  // id, role, text, extra, usage

// ---- what records share

void layout(auto& fields, LayoutOf<Usage> auto& usage) {
  fields(usage.tokens_in, usage.tokens_out);
  fields.since(LayoutVersion::cached, usage.tokens_in_cached);
}

void layout(auto& fields, LayoutOf<Message> auto& message) {
  fields(message.id, message.role, message.text, message.extra, message.usage);
}

void layout(auto& fields, LayoutOf<Command> auto& command) {
  fields(command.resume, command.node, command.update);
}

void layout(auto& fields, LayoutOf<Interrupt> auto& interrupt) {
  fields(interrupt.id, interrupt.value);
}

void layout(auto& fields, LayoutOf<ForkPoint> auto& fork) {
  fields(fork.place.seq, fork.place.kind, fork.fields, fork.next, fork.interrupt);
}

void layout(auto& fields, LayoutOf<Amount> auto& amount) {
  fields(amount.tokens, amount.nanos);
}

void layout(auto& fields, LayoutOf<Account> auto& account) {
  fields(account.day, account.month, account.of_day, account.of_month, account.in_all);
  fields.since(LayoutVersion::alerts, account.told);
}

// ---- events

void layout(auto& fields, LayoutOf<TurnAccepted> auto& e) {
  fields(e.turn, e.run.value, e.agent, e.model_override, e.input);
  fields(e.accepted_ms, e.deadline_ms, e.temporary, e.options);
  fields.since(LayoutVersion::digest, e.request_digest);
  fields.since(LayoutVersion::pauses, e.command, e.starts_ms);
  fields.since(LayoutVersion::steps, e.fork);
  fields.since(LayoutVersion::money, e.caller_key, e.user);
}

void layout(auto& fields, LayoutOf<StepDone> auto& e) {
  fields(e.turn, e.step, e.node, e.edge, e.update, e.messages, e.time_us);
  fields.since(LayoutVersion::steps, e.done_ms);
}

void layout(auto& fields, LayoutOf<Delta> auto& e) {
  fields(e.turn, e.node, e.message, e.pieces);
}

void layout(auto& fields, LayoutOf<Superseded> auto& e) {
  fields(e.turn, e.message);
}

void layout(auto& fields, LayoutOf<RolledBack> auto& e) {
  fields(e.turn);
}

void layout(auto& fields, LayoutOf<TurnEnded> auto& e) {
  fields(e.turn, e.outcome, e.accepted_seq, e.previous_ended_seq, e.message_seqs, e.fields);
  fields(e.usage, e.model, e.stop_reason, e.error, e.error_detail, e.ended_ms);
  fields.since(LayoutVersion::begun, e.begun, e.retry_after);
  fields.since(LayoutVersion::pauses, e.next, e.interrupt);
  fields.since_or(LayoutVersion::steps, e.step_seqs, e.message_seqs);
}

// ---- rows

void layout(auto& fields, LayoutOf<Head> auto& head) {
  fields(head.incarnation, head.epoch, head.seq, head.turns, head.last_ended_seq);
  fields(head.unfinished_seqs, head.attempts, head.created_ms, head.updated_ms, head.expires_ms);
  fields(head.ttl_ms, head.agent, head.metadata);
  fields.since(LayoutVersion::digest, head.request_digest);
  fields.since(LayoutVersion::steps, head.made_seq, head.deadline_ms);
  fields.since(LayoutVersion::money, head.spent);
}

void layout(auto& fields, LayoutOf<Delivery> auto& row) {
  fields(row.url, row.created_ms, row.attempts, row.next_ms, row.body);
}

void layout(auto& fields, LayoutOf<LedgerRow> auto& row) {
  fields(row.caller_key, row.user, row.turn, row.run.value, row.agent, row.node, row.provider);
  fields(row.model, row.usage, row.nanos, row.price_version, row.counted);
}

void layout(auto& fields, LayoutOf<KeptAnswer> auto& row) {
  fields(row.until_ms, row.model, row.text);
}

}  // namespace parlance::storage
