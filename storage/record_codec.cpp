#include "storage/record_codec.hpp"

#include "storage/record_fields.hpp"
#include "storage/record_frame.hpp"
#include "storage/record_layouts.hpp"

#include <type_traits>
#include <utility>

namespace parlance::storage {
namespace {

template <class... Fields>
std::string encode_fields(const Fields&... fields) {
  std::string value = begin_frame();
  FieldWriter write(value);
  write(fields...);
  return close_frame(std::move(value));
}

template <class Value>
Value read_as(FieldReader& in) {
  Value value{};
  in(value);
  return value;
}

Event read_event(FieldReader& in) {
  switch (read_as<std::uint8_t>(in)) {
    case kind_number<TurnAccepted>:
      return read_as<TurnAccepted>(in);
    case kind_number<StepDone>:
      return read_as<StepDone>(in);
    case kind_number<Delta>:
      return read_as<Delta>(in);
    case kind_number<Superseded>:
      return read_as<Superseded>(in);
    case kind_number<TurnEnded>:
      return read_as<TurnEnded>(in);
    case kind_number<RolledBack>:
      return read_as<RolledBack>(in);
    default:
      in.fail();
      return RolledBack{};
  }
}

template <class Value>
Result<Value> decode(std::string_view bytes,
                     Value (*read)(FieldReader&),
                     std::string_view a_value) {
  const auto frame = open_frame(bytes);
  if (!frame) return frame.error();
  FieldReader in(*frame);
  Value value = read(in);
  if (!in.done()) return damaged(std::string(a_value).append(" does not have its layout"));
  return value;
}

}  // namespace

std::string encode(const Event& event) {
  return visit(
      [](const auto& e) { return encode_fields(kind_number<std::decay_t<decltype(e)>>, e); },
      event);
}

Result<Event> decode_event(std::string_view value) {
  return decode(value, read_event, "an event");
}

std::string encode(const Head& head) {
  return encode_fields(head);
}

Result<Head> decode_head(std::string_view value) {
  return decode(value, read_as<Head>, "a head");
}

std::string encode(const Delivery& delivery) {
  return encode_fields(delivery);
}

Result<Delivery> decode_delivery(std::string_view value) {
  return decode(value, read_as<Delivery>, "a delivery");
}

std::string encode(const Account& account) {
  return encode_fields(account);
}

Result<Account> decode_account(std::string_view value) {
  return decode(value, read_as<Account>, "an account");
}

std::string encode(const LedgerRow& row) {
  return encode_fields(row);
}

Result<LedgerRow> decode_ledger_row(std::string_view value) {
  return decode(value, read_as<LedgerRow>, "a row of the ledger");
}

std::string encode(const KeptAnswer& answer) {
  return encode_fields(answer);
}

Result<KeptAnswer> decode_answer(std::string_view value) {
  return decode(value, read_as<KeptAnswer>, "a kept answer");
}

std::string encode_time(std::int64_t unix_ms) {
  return encode_fields(unix_ms);
}

Result<std::int64_t> decode_time(std::string_view value) {
  return decode(value, read_as<std::int64_t>, "a time");
}

}  // namespace parlance::storage
