#include "storage/record_codec.hpp"

#include "runtime/base/json.hpp"
#include "storage/wire.hpp"

#include <zlib.h>

#include <array>
#include <cstddef>
#include <utility>

namespace parlance::storage {
namespace {

constexpr std::uint8_t layout_version = 8;
constexpr std::uint8_t layout_version_oldest = 1;
constexpr std::uint8_t layout_version_of_begun = 2;   // TurnEnded's begun and retry_after
constexpr std::uint8_t layout_version_of_digest = 3;  // request_digest, and the version is checked
constexpr std::uint8_t layout_version_of_pauses = 4;  // command, starts_ms, next, interrupt
// done_ms, step_seqs and fork of turns, made_seq and deadline_ms of heads
constexpr std::uint8_t layout_version_of_steps = 5;
constexpr std::uint8_t layout_version_of_cached = 6;  // tokens_in_cached of usages
constexpr std::uint8_t layout_version_of_money = 7;   // caller_key, user, spent
constexpr std::uint8_t layout_version_of_alerts = 8;  // told of accounts
constexpr std::size_t header_bytes = 5;

constexpr std::uint8_t kind_turn_accepted = 1;
constexpr std::uint8_t kind_step_done = 2;
constexpr std::uint8_t kind_delta = 3;
constexpr std::uint8_t kind_superseded = 4;
constexpr std::uint8_t kind_turn_ended = 5;
constexpr std::uint8_t kind_rolled_back = 6;

constexpr std::size_t message_bytes_min = 5;  // id, role, text, extra, usage

Error damaged(std::string what) {
  return {ErrorCode::record_damaged, std::move(what), {}, {}};
}

// ---- the frame around every value

std::uint32_t checksum(std::uint8_t version, std::string_view body) {
  const uLong before = version < layout_version_of_digest ? 0 : crc32_z(0, &version, 1);
  return static_cast<std::uint32_t>(
      crc32_z(before, reinterpret_cast<const Bytef*>(body.data()), body.size()));
}

std::string new_frame() {
  return std::string(header_bytes, '\0');
}

std::string close_frame(std::string value) {
  const std::uint32_t crc = checksum(layout_version, std::string_view(value).substr(header_bytes));
  value[0] = static_cast<char>(layout_version);
  for (std::size_t i = 0; i < 4; ++i)
    value[1 + i] = static_cast<char>((crc >> (8 * i)) & 0xFFU);
  return value;
}

struct Frame {
  std::uint8_t version = 0;
  std::string_view body;
};

Result<Frame> open_frame(std::string_view value) {
  if (value.size() < header_bytes) return damaged("a record is too short");
  const auto version = static_cast<std::uint8_t>(value[0]);
  if (version < layout_version_oldest || version > layout_version)
    return damaged("a record has version " + std::to_string(version));
  std::uint32_t crc = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    crc |= static_cast<std::uint32_t>(static_cast<std::uint8_t>(value[1 + i])) << (8 * i);
  }
  value.remove_prefix(header_bytes);
  if (crc != checksum(version, value)) return damaged("a record's checksum does not match");
  return Frame{version, value};
}

// ---- what records share

void put_json(WireWriter& out, const Json& value) {
  out.bytes(dump(value));
}

Json read_json(WireReader& in) {
  const std::string_view text = in.bytes();
  if (text == "{}") return Json::object();
  if (text == "null") return nullptr;
  auto value = parse_json(text, json_depth_max);
  if (value) return std::move(*value);
  in.fail();
  return nullptr;
}

void put_usage(WireWriter& out, const Usage& usage) {
  out.uint(usage.tokens_in);
  out.uint(usage.tokens_out);
  out.uint(usage.tokens_in_cached);
}

Usage read_usage(WireReader& in, std::uint8_t version) {
  Usage usage;
  usage.tokens_in = in.uint32();
  usage.tokens_out = in.uint32();
  if (version >= layout_version_of_cached) usage.tokens_in_cached = in.uint32();
  return usage;
}

template <class Enum>
Enum read_enum(WireReader& in, std::uint8_t last) {
  const std::uint8_t value = in.byte();
  if (value >= 1 && value <= last) return static_cast<Enum>(value);
  in.fail();
  return static_cast<Enum>(1);
}

void put_messages(WireWriter& out, const Messages& messages) {
  out.uint(messages.size());
  for (const auto& message : messages) {
    out.bytes(message->id);
    out.byte(static_cast<std::uint8_t>(message->role));
    out.bytes(message->text);
    put_json(out, message->extra);
    out.boolean(message->usage.has_value());
    if (message->usage) put_usage(out, *message->usage);
  }
}

Messages read_messages(WireReader& in, std::uint8_t version) {
  Messages messages;
  const std::size_t count = in.count(message_bytes_min);
  messages.reserve(count);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    Message message;
    message.id = in.bytes();
    message.role = read_enum<Role>(in, static_cast<std::uint8_t>(Role::tool));
    message.text = in.bytes();
    message.extra = read_json(in);
    if (in.boolean()) message.usage = read_usage(in, version);
    messages.push_back(std::make_shared<const Message>(std::move(message)));
  }
  return messages;
}

void put_seqs(WireWriter& out, const std::vector<std::uint64_t>& seqs) {
  out.uint(seqs.size());
  for (const auto seq : seqs)
    out.uint(seq);
}

std::vector<std::uint64_t> read_seqs(WireReader& in) {
  std::vector<std::uint64_t> seqs(in.count(1));
  for (auto& seq : seqs)
    seq = in.uint();
  return seqs;
}

constexpr std::uint8_t outcome_number(TurnOutcome outcome) {
  switch (outcome) {
    case TurnOutcome::finished:
      return 1;
    case TurnOutcome::failed:
      return 2;
    case TurnOutcome::cancelled:
      return 3;
    case TurnOutcome::paused:
      return 4;
  }
  return 0;
}

TurnOutcome read_outcome(WireReader& in) {
  constexpr std::array outcomes{
      TurnOutcome::finished, TurnOutcome::failed, TurnOutcome::cancelled, TurnOutcome::paused};
  const std::uint8_t number = in.byte();
  for (const auto outcome : outcomes) {
    if (outcome_number(outcome) == number) return outcome;
  }
  in.fail();
  return TurnOutcome::failed;
}

void put_command(WireWriter& out, const Command& command) {
  out.boolean(command.resume.has_value());
  if (command.resume) put_json(out, *command.resume);
  out.bytes(command.node);
  put_json(out, command.update);
}

Command read_command(WireReader& in) {
  Command command;
  if (in.boolean()) command.resume = read_json(in);
  command.node = in.bytes();
  command.update = read_json(in);
  return command;
}

void put_interrupt(WireWriter& out, const std::optional<Interrupt>& interrupt) {
  out.boolean(interrupt.has_value());
  if (!interrupt) return;
  out.bytes(interrupt->id);
  put_json(out, interrupt->value);
}

std::optional<Interrupt> read_interrupt(WireReader& in) {
  if (!in.boolean()) return std::nullopt;
  Interrupt interrupt;
  interrupt.id = in.bytes();
  interrupt.value = read_json(in);
  return interrupt;
}

void put_fork(WireWriter& out, const ForkPoint& fork) {
  out.uint(fork.place.seq);
  out.byte(static_cast<std::uint8_t>(fork.place.kind));
  put_json(out, fork.fields);
  out.bytes(fork.next);
  put_interrupt(out, fork.interrupt);
}

ForkPoint read_fork(WireReader& in) {
  ForkPoint fork;
  fork.place.seq = in.uint();
  const std::uint8_t kind = in.byte();
  if (kind > static_cast<std::uint8_t>(CheckpointPlace::Kind::start)) in.fail();
  fork.place.kind = static_cast<CheckpointPlace::Kind>(kind);
  fork.fields = read_json(in);
  fork.next = in.bytes();
  fork.interrupt = read_interrupt(in);
  return fork;
}

void put_amount(WireWriter& out, const Amount& amount) {
  out.integer(amount.tokens);
  out.integer(amount.nanos);
}

Amount read_amount(WireReader& in) {
  Amount amount;
  amount.tokens = in.integer();
  amount.nanos = in.integer();
  return amount;
}

void put_account(WireWriter& out, const Account& account) {
  out.integer(account.day);
  out.integer(account.month);
  put_amount(out, account.of_day);
  put_amount(out, account.of_month);
  put_amount(out, account.in_all);
  for (const std::uint32_t share : account.told)
    out.uint(share);
}

Account read_account(WireReader& in, std::uint8_t version) {
  Account account;
  account.day = in.integer();
  account.month = in.integer();
  account.of_day = read_amount(in);
  account.of_month = read_amount(in);
  account.in_all = read_amount(in);
  if (version < layout_version_of_alerts) return account;
  for (std::uint32_t& share : account.told)
    share = in.uint32();
  return account;
}

// ---- one pair a kind of event

void put(WireWriter& out, const TurnAccepted& e) {
  out.byte(kind_turn_accepted);
  out.uint(e.turn);
  out.bytes(e.run.value);
  out.bytes(e.agent);
  out.bytes(e.model_override);
  put_messages(out, e.input);
  out.integer(e.accepted_ms);
  out.integer(e.deadline_ms);
  out.boolean(e.temporary);
  put_json(out, e.options);
  out.bytes(e.request_digest);
  out.boolean(e.command.has_value());
  if (e.command) put_command(out, *e.command);
  out.integer(e.starts_ms);
  out.boolean(e.fork.has_value());
  if (e.fork) put_fork(out, *e.fork);
  out.bytes(e.caller_key);
  out.bytes(e.user);
}

TurnAccepted read_turn_accepted(WireReader& in, std::uint8_t version) {
  TurnAccepted e;
  e.turn = in.uint();
  e.run.value = in.bytes();
  e.agent = in.bytes();
  e.model_override = in.bytes();
  e.input = read_messages(in, version);
  e.accepted_ms = in.integer();
  e.deadline_ms = in.integer();
  e.temporary = in.boolean();
  e.options = read_json(in);
  if (version >= layout_version_of_digest) e.request_digest = in.bytes();
  if (version >= layout_version_of_pauses) {
    if (in.boolean()) e.command = read_command(in);
    e.starts_ms = in.integer();
  }
  if (version >= layout_version_of_steps && in.boolean()) e.fork = read_fork(in);
  if (version >= layout_version_of_money) {
    e.caller_key = in.bytes();
    e.user = in.bytes();
  }
  return e;
}

void put(WireWriter& out, const StepDone& e) {
  out.byte(kind_step_done);
  out.uint(e.turn);
  out.uint(e.step);
  out.bytes(e.node);
  out.bytes(e.edge);
  put_json(out, e.update);
  put_messages(out, e.messages);
  out.uint(e.time_us);
  out.integer(e.done_ms);
}

StepDone read_step_done(WireReader& in, std::uint8_t version) {
  StepDone e;
  e.turn = in.uint();
  e.step = in.uint32();
  e.node = in.bytes();
  e.edge = in.bytes();
  e.update = read_json(in);
  e.messages = read_messages(in, version);
  e.time_us = in.uint();
  if (version >= layout_version_of_steps) e.done_ms = in.integer();
  return e;
}

void put(WireWriter& out, const Delta& e) {
  out.byte(kind_delta);
  out.uint(e.turn);
  out.bytes(e.node);
  out.bytes(e.message);
  out.uint(e.pieces.size());
  for (const auto& piece : e.pieces)
    out.bytes(piece);
}

Delta read_delta(WireReader& in) {
  Delta e;
  e.turn = in.uint();
  e.node = in.bytes();
  e.message = in.bytes();
  const std::size_t count = in.count(1);
  e.pieces.reserve(count);
  for (std::size_t i = 0; i < count && in.ok(); ++i)
    e.pieces.emplace_back(in.bytes());
  return e;
}

void put(WireWriter& out, const Superseded& e) {
  out.byte(kind_superseded);
  out.uint(e.turn);
  out.bytes(e.message);
}

Superseded read_superseded(WireReader& in) {
  Superseded e;
  e.turn = in.uint();
  e.message = in.bytes();
  return e;
}

void put(WireWriter& out, const RolledBack& e) {
  out.byte(kind_rolled_back);
  out.uint(e.turn);
}

RolledBack read_rolled_back(WireReader& in) {
  return {in.uint()};
}

void put(WireWriter& out, const TurnEnded& e) {
  out.byte(kind_turn_ended);
  out.uint(e.turn);
  out.byte(outcome_number(e.outcome));
  out.uint(e.accepted_seq);
  out.uint(e.previous_ended_seq);
  put_seqs(out, e.message_seqs);
  put_json(out, e.fields);
  put_usage(out, e.usage);
  out.bytes(e.model);
  out.byte(static_cast<std::uint8_t>(e.stop_reason));
  out.boolean(e.error.has_value());
  if (e.error) out.bytes(to_string(*e.error));
  out.bytes(e.error_detail);
  out.integer(e.ended_ms);
  out.boolean(e.begun);
  out.integer(e.retry_after.count());
  out.bytes(e.next);
  put_interrupt(out, e.interrupt);
  put_seqs(out, e.step_seqs);
}

TurnEnded read_turn_ended(WireReader& in, std::uint8_t version) {
  TurnEnded e;
  e.turn = in.uint();
  e.outcome = read_outcome(in);
  e.accepted_seq = in.uint();
  e.previous_ended_seq = in.uint();
  e.message_seqs = read_seqs(in);
  e.fields = read_json(in);
  e.usage = read_usage(in, version);
  e.model = in.bytes();
  e.stop_reason = read_enum<StopReason>(in, static_cast<std::uint8_t>(StopReason::content_filter));
  if (in.boolean()) e.error = error_code_from(in.bytes());
  e.error_detail = in.bytes();
  e.ended_ms = in.integer();
  if (version >= layout_version_of_begun) {
    e.begun = in.boolean();
    e.retry_after = std::chrono::milliseconds(in.integer());
  }
  e.step_seqs = e.message_seqs;
  if (version < layout_version_of_pauses) return e;
  e.next = in.bytes();
  e.interrupt = read_interrupt(in);
  if (version >= layout_version_of_steps) e.step_seqs = read_seqs(in);
  return e;
}

Event read_event(WireReader& in, std::uint8_t version) {
  switch (in.byte()) {
    case kind_turn_accepted:
      return read_turn_accepted(in, version);
    case kind_step_done:
      return read_step_done(in, version);
    case kind_delta:
      return read_delta(in);
    case kind_superseded:
      return read_superseded(in);
    case kind_turn_ended:
      return read_turn_ended(in, version);
    case kind_rolled_back:
      return read_rolled_back(in);
    default:
      in.fail();
      return RolledBack{};
  }
}

}  // namespace

std::string encode(const Event& event) {
  std::string value = new_frame();
  WireWriter out(value);
  visit([&](const auto& e) { put(out, e); }, event);
  return close_frame(std::move(value));
}

Result<Event> decode_event(std::string_view value) {
  const auto frame = open_frame(value);
  if (!frame) return frame.error();
  WireReader in(frame->body);
  Event event = read_event(in, frame->version);
  if (!in.ok() || !in.at_end()) return damaged("an event does not have its layout");
  return event;
}

std::string encode(const Head& head) {
  std::string value = new_frame();
  WireWriter out(value);
  out.uint(head.incarnation);
  out.uint(head.epoch);
  out.uint(head.seq);
  out.uint(head.turns);
  out.uint(head.last_ended_seq);
  put_seqs(out, head.unfinished_seqs);
  out.uint(head.attempts);
  out.integer(head.created_ms);
  out.integer(head.updated_ms);
  out.integer(head.expires_ms);
  out.integer(head.ttl_ms);
  out.bytes(head.agent);
  out.bytes(head.metadata);
  out.bytes(head.request_digest);
  out.uint(head.made_seq);
  out.integer(head.deadline_ms);
  put_account(out, head.spent);
  return close_frame(std::move(value));
}

Result<Head> decode_head(std::string_view value) {
  const auto frame = open_frame(value);
  if (!frame) return frame.error();
  WireReader in(frame->body);
  Head head;
  head.incarnation = in.uint();
  head.epoch = in.uint();
  head.seq = in.uint();
  head.turns = in.uint();
  head.last_ended_seq = in.uint();
  head.unfinished_seqs = read_seqs(in);
  head.attempts = in.uint32();
  head.created_ms = in.integer();
  head.updated_ms = in.integer();
  head.expires_ms = in.integer();
  head.ttl_ms = in.integer();
  head.agent = in.bytes();
  head.metadata = in.bytes();
  if (frame->version >= layout_version_of_digest) head.request_digest = in.bytes();
  if (frame->version >= layout_version_of_steps) {
    head.made_seq = in.uint();
    head.deadline_ms = in.integer();
  }
  if (frame->version >= layout_version_of_money) head.spent = read_account(in, frame->version);
  if (!in.ok() || !in.at_end()) return damaged("a head does not have its layout");
  return head;
}

std::string encode(const Delivery& delivery) {
  std::string value = new_frame();
  WireWriter out(value);
  out.bytes(delivery.url);
  out.integer(delivery.created_ms);
  out.uint(delivery.attempts);
  out.integer(delivery.next_ms);
  out.bytes(delivery.body);
  return close_frame(std::move(value));
}

Result<Delivery> decode_delivery(std::string_view value) {
  const auto frame = open_frame(value);
  if (!frame) return frame.error();
  WireReader in(frame->body);
  Delivery delivery;
  delivery.url = in.bytes();
  delivery.created_ms = in.integer();
  delivery.attempts = in.uint32();
  delivery.next_ms = in.integer();
  delivery.body = in.bytes();
  if (!in.ok() || !in.at_end()) return damaged("a delivery does not have its layout");
  return delivery;
}

std::string encode(const Account& account) {
  std::string value = new_frame();
  WireWriter out(value);
  put_account(out, account);
  return close_frame(std::move(value));
}

Result<Account> decode_account(std::string_view value) {
  const auto frame = open_frame(value);
  if (!frame) return frame.error();
  WireReader in(frame->body);
  const Account account = read_account(in, frame->version);
  if (!in.ok() || !in.at_end()) return damaged("an account does not have its layout");
  return account;
}

std::string encode(const LedgerRow& row) {
  std::string value = new_frame();
  WireWriter out(value);
  for (const auto* text : {&row.caller_key, &row.user})
    out.bytes(*text);
  out.uint(row.turn);
  for (const auto* text : {&row.run.value, &row.agent, &row.node, &row.provider, &row.model})
    out.bytes(*text);
  put_usage(out, row.usage);
  out.integer(row.nanos);
  out.bytes(row.price_version);
  out.byte(static_cast<std::uint8_t>(row.counted));
  return close_frame(std::move(value));
}

Result<LedgerRow> decode_ledger_row(std::string_view value) {
  const auto frame = open_frame(value);
  if (!frame) return frame.error();
  WireReader in(frame->body);
  LedgerRow row;
  for (auto* text : {&row.caller_key, &row.user})
    *text = in.bytes();
  row.turn = in.uint();
  for (auto* text : {&row.run.value, &row.agent, &row.node, &row.provider, &row.model})
    *text = in.bytes();
  row.usage = read_usage(in, frame->version);
  row.nanos = in.integer();
  row.price_version = in.bytes();
  row.counted = read_enum<Counted>(in, static_cast<std::uint8_t>(Counted::told));
  if (!in.ok() || !in.at_end()) return damaged("a row of the ledger does not have its layout");
  return row;
}

std::string encode_time(std::int64_t unix_ms) {
  std::string value = new_frame();
  WireWriter(value).integer(unix_ms);
  return close_frame(std::move(value));
}

Result<std::int64_t> decode_time(std::string_view value) {
  const auto frame = open_frame(value);
  if (!frame) return frame.error();
  WireReader in(frame->body);
  const std::int64_t unix_ms = in.integer();
  if (!in.ok() || !in.at_end()) return damaged("a time does not have its layout");
  return unix_ms;
}

}  // namespace parlance::storage
