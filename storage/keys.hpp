// Every byte that the journal keeps on disk.
//
//   heads        thread                                  -> value(Head)
//   events       thread 0x00 incarnation:be64 seq:be64   -> value(Event)
//   unfinished   thread                                  -> value(expires)
//                threads with unfinished turns
//   deliveries   thread 0x00 incarnation:be64 run        -> value(Delivery)
//                webhooks that no receiver has yet
//   accounts     payer:u8 tenant 0x00 name               -> value(Account)
//                what has been spent; the name of a tenant's is empty
//   ledger       at_ms:be64 thread 0x00 epoch:be64 number:be64
//                                                        -> value(LedgerRow)
//                calls to models; the thread-id of one without a thread is empty
//   answers      tenant 0x00 identity                    -> value(KeptAnswer)
//                answers that are kept; identity is 64 hexadecimal digits
//   default      "erased"                                -> value(since)
//                threads were erased since then
//
//   thread     = tenant 0x00 thread-id    both without 0x00 (is_identifier, runtime/base/ids.hpp);
//   so is run
//   value(X)   = version:u8 crc32:le32 X    crc32 is zlib's, over the version and X; before 0x03
//                over X
//   version    = 0x08; older ones are read too: 0x07 has no told, 0x06 no caller_key, user and
//                spent either, 0x05 no tokens_in_cached, 0x04 no done_ms,
//                fork, made_seq, deadline_ms and step_seqs either (a turn's steps are then those
//                with messages), 0x03 no command, starts_ms, next and interrupt, 0x02 no
//                request_digest, and in 0x01 TurnEnded ends with ended_ms, of turns that had begun
//   be64, le32 = fixed width, most or least significant byte first
//   uint       = LEB128, 1 to 10 bytes
//   int        = uint of the zigzag form
//   bytes      = uint(length) octet*
//   bool       = 0x00 | 0x01
//   list(X)    = uint(count) X*
//   json       = bytes, as text
//   optional(X)= 0x00 | 0x01 X
//
//   Head       = incarnation:uint epoch:uint seq:uint turns:uint last_ended_seq:uint
//                unfinished_seqs:list(uint) attempts:uint created_ms:int updated_ms:int
//                expires_ms:int ttl_ms:int agent:bytes metadata:bytes request_digest:bytes
//                made_seq:uint deadline_ms:int spent:Account
//   Account    = day:int month:int of_day:Amount of_month:Amount in_all:Amount
//                told:uint told:uint told:uint    by period: day, month, in all
//   Amount     = tokens:int nanos:int
//   LedgerRow  = caller_key:bytes user:bytes turn:uint run:bytes agent:bytes node:bytes
//                provider:bytes model:bytes Usage nanos:int price_version:bytes counted
//   KeptAnswer = until_ms:int model:bytes text:bytes
//   payer      = 0x01 tenant | 0x02 key | 0x03 user
//   counted    = 0x01 reserved | 0x02 estimated | 0x03 told
//   expires    = expires_ms:int
//   since      = unix_ms:int
//
//   Event      = 0x01 TurnAccepted | 0x02 StepDone | 0x03 Delta | 0x04 Superseded | 0x05 TurnEnded
//                | 0x06 RolledBack
//   TurnAccepted = turn:uint run:bytes agent:bytes model_override:bytes input:list(Message)
//                accepted_ms:int deadline_ms:int temporary:bool options:json
//                request_digest:bytes command:optional(Command) starts_ms:int fork:optional(Fork)
//                caller_key:bytes user:bytes
//   Command    = resume:optional(json) node:bytes update:json
//   Fork       = seq:uint kind fields:json next:bytes interrupt:optional(Interrupt)
//   StepDone   = turn:uint step:uint node:bytes edge:bytes update:json messages:list(Message)
//                time_us:uint done_ms:int
//   Delta      = turn:uint node:bytes message:bytes pieces:list(bytes)
//   Superseded = turn:uint message:bytes
//   RolledBack = turn:uint    the turn's other records were deleted with the same write
//   TurnEnded  = turn:uint outcome accepted_seq:uint previous_ended_seq:uint
//                message_seqs:list(uint) fields:json Usage model:bytes stop_reason
//                error:optional(bytes) error_detail:bytes ended_ms:int begun:bool
//                retry_after_ms:int next:bytes interrupt:optional(Interrupt) step_seqs:list(uint)
//   Interrupt  = id:bytes value:json
//   Delivery   = url:bytes created_ms:int attempts:uint next_ms:int body:bytes
//   Message    = id:bytes role text:bytes extra:json usage:optional(Usage)
//   Usage      = tokens_in:uint tokens_out:uint tokens_in_cached:uint
//   outcome    = 0x01 finished | 0x02 failed | 0x03 cancelled | 0x04 paused
//   kind       = 0x00 step | 0x01 input | 0x02 start
//   role       = 0x01 system | 0x02 human | 0x03 ai | 0x04 tool
//   stop_reason= 0x01 stop | 0x02 length | 0x03 tool_calls | 0x04 content_filter
//   error      = the code's name, so that the list of codes may change its order
//
// A thread that is deleted, or has expired, and is made again has another incarnation; events of
// the old one are dropped by the compaction filter (storage/expiry_filter.hpp). Numbers written
// here never change their meaning; a new layout gets a new version.
#pragma once

#include "runtime/base/ids.hpp"
#include "runtime/journal/delivery.hpp"
#include "runtime/money/budget_book.hpp"
#include "runtime/money/ledger_row.hpp"
#include "runtime/ports/answer_store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parlance::storage {

inline constexpr std::string_view heads_family = "heads";
inline constexpr std::string_view events_family = "events";
inline constexpr std::string_view unfinished_family = "unfinished";
inline constexpr std::string_view deliveries_family = "deliveries";
inline constexpr std::string_view accounts_family = "accounts";
inline constexpr std::string_view ledger_family = "ledger";
inline constexpr std::string_view answers_family = "answers";
inline constexpr std::string_view erased_key = "erased";

std::string thread_key(const ThreadKey& thread);
std::optional<ThreadKey> thread_of(std::string_view key);

// All event keys of one incarnation of a thread start with this; `thread` is a thread_key().
std::string events_prefix(std::string_view thread, std::uint64_t incarnation);
std::string event_key(std::string_view events_prefix, std::uint64_t seq);

// The events_prefix() of an event's key. Empty: not the key of an event.
std::string_view prefix_of_event(std::string_view event_key);

struct EventKey {
  std::string_view thread;  // the thread_key()
  std::uint64_t incarnation = 0;
  std::uint64_t seq = 0;
};

// None: not the key of an event.
std::optional<EventKey> split_event_key(std::string_view key);

// All delivery keys of a thread start with this; `thread` is a thread_key().
std::string deliveries_prefix(std::string_view thread);
std::string delivery_key(const DeliveryKey& delivery);

// None: not the key of a delivery.
std::optional<DeliveryKey> delivery_of(std::string_view key);

std::string account_key(const AccountKey& account);
std::optional<AccountKey> account_of(std::string_view key);

// Keys of the ledger sort by time: all from a moment on are behind its ledger_prefix().
std::string ledger_prefix(std::int64_t at_ms);
std::string ledger_key(const LedgerKey& call);
std::optional<LedgerKey> ledger_call_of(std::string_view key);

std::string answer_key(const AnswerKey& answer);
std::optional<AnswerKey> answer_of(std::string_view key);

struct KeyRange {
  std::string first;
  std::string behind;  // the first key that is not in it any more
};

// Of all kept answers of a tenant, or with an empty name of all.
KeyRange answers_of(std::string_view tenant);

}  // namespace parlance::storage
