// What calls to models came to: /v1/admin/usage, row by row, or summed.
//
// Bounds: an answer has at most rows_max rows, or sums over at most Ledger::rows_looked_at_max;
// `next` goes on from there.
#include "net/http_session.hpp"
#include "net/routes/routes.hpp"
#include "net/turn_answer.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/money/amount.hpp"
#include "runtime/ports/ledger.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace parlance::net {
namespace asio = boost::asio;

namespace {

constexpr std::uint64_t rows_max = 1'000;
constexpr std::uint64_t rows_by_default = 100;
constexpr std::uint64_t time_max_ms = 253'402'300'799'999;  // the end of the year 9999

// What rows may be grouped by, and how each is shown.
struct Column {
  std::string_view name;
  std::string (*of)(const LedgerRow&);
};

constexpr std::array columns{
    Column{"tenant", [](const LedgerRow& row) { return row.key.thread.tenant.value; }},
    Column{"key", [](const LedgerRow& row) { return row.caller_key; }},
    Column{"user", [](const LedgerRow& row) { return row.user; }},
    Column{"thread_id", [](const LedgerRow& row) { return row.key.thread.thread.value; }},
    Column{"run_id", [](const LedgerRow& row) { return row.run.value; }},
    Column{"agent", [](const LedgerRow& row) { return row.agent; }},
    Column{"node", [](const LedgerRow& row) { return row.node; }},
    Column{"provider", [](const LedgerRow& row) { return row.provider; }},
    Column{"model", [](const LedgerRow& row) { return row.model; }},
    Column{"price_version", [](const LedgerRow& row) { return row.price_version; }},
    Column{"counted", [](const LedgerRow& row) { return std::string(to_string(row.counted)); }},
    Column{"day", [](const LedgerRow& row) { return iso_time(row.key.at_ms).substr(0, 10); }},
};

struct Wish {
  LedgerQuery query;
  std::vector<Column> group_by;  // none: row by row
};

Error wrong(std::string field, std::string reason) {
  return {ErrorCode::invalid_value, std::move(reason), std::move(field), {}};
}

Result<std::uint64_t> number_in(const Request& request,
                                const char* name,
                                std::uint64_t initial,
                                std::uint64_t min,
                                std::uint64_t max) {
  const auto text = request.query_value(name);
  if (!text) return initial;
  std::uint64_t number = 0;
  const char* const text_end = text->data() + text->size();
  const auto [end, problem] = std::from_chars(text->data(), text_end, number);
  if (problem != std::errc{} || end != text_end || number < min || number > max)
    return wrong(name, "must be from " + std::to_string(min) + " to " + std::to_string(max));
  return number;
}

Result<std::vector<Column>> read_group_by(std::string_view text) {
  std::vector<Column> found;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    const auto name = text.substr(0, comma);
    const auto column = std::find_if(
        columns.begin(), columns.end(), [&](const Column& each) { return each.name == name; });
    if (column == columns.end()) return wrong("group_by", "names what rows do not have");
    found.push_back(*column);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return found;
}

Result<Wish> read_wish(const Request& request) {
  Wish wish;
  LedgerQuery& query = wish.query;
  query.tenant = request.query_value("tenant").value_or("");
  query.caller_key = request.query_value("key").value_or("");
  query.user = request.query_value("user").value_or("");
  query.thread = request.query_value("thread_id").value_or("");
  query.after = request.query_value("after").value_or("");
  const auto from = number_in(request, "from_ms", 0, 0, time_max_ms);
  const auto to = number_in(request, "to_ms", time_max_ms, 0, time_max_ms);
  const auto limit = number_in(request, "limit", rows_by_default, 1, rows_max);
  auto group_by = read_group_by(request.query_value("group_by").value_or(""));
  if (!from) return from.error();
  if (!to) return to.error();
  if (!limit) return limit.error();
  if (!group_by) return group_by.error();
  query.from_ms = static_cast<std::int64_t>(*from);
  query.to_ms = static_cast<std::int64_t>(*to);
  query.rows_max =
      group_by->empty() ? static_cast<std::size_t>(*limit) : Ledger::rows_looked_at_max;
  wish.group_by = std::move(*group_by);
  return wish;
}

Json usage_json(const Usage& usage, std::int64_t nanos) {
  return {{"tokens_in", usage.tokens_in},
          {"tokens_in_cached", usage.tokens_in_cached},
          {"tokens_out", usage.tokens_out},
          {"money", money_text(nanos)}};
}

Json row_json(const LedgerRow& row) {
  Json json = usage_json(row.usage, row.nanos);
  json["at"] = iso_time(row.key.at_ms);
  for (const Column& column : columns)
    json[std::string(column.name)] = column.of(row);
  return json;
}

// Sums of many rows: more than a call's counts hold.
struct Sum {
  std::uint64_t calls = 0;
  std::uint64_t tokens_in = 0;
  std::uint64_t tokens_in_cached = 0;
  std::uint64_t tokens_out = 0;
  std::int64_t nanos = 0;
};

using Sums = std::map<std::vector<std::string>, Sum>;

void add(Sums& sums, const std::vector<Column>& group_by, const LedgerRow& row) {
  std::vector<std::string> group;
  for (const Column& column : group_by)
    group.push_back(column.of(row));
  Sum& sum = sums[std::move(group)];
  ++sum.calls;
  sum.tokens_in += row.usage.tokens_in;
  sum.tokens_in_cached += row.usage.tokens_in_cached;
  sum.tokens_out += row.usage.tokens_out;
  sum.nanos += row.nanos;
}

Json sums_json(const Sums& sums, const std::vector<Column>& group_by) {
  Json listed = Json::array();
  for (const auto& [group, sum] : sums) {
    Json json = {{"calls", sum.calls},
                 {"tokens_in", sum.tokens_in},
                 {"tokens_in_cached", sum.tokens_in_cached},
                 {"tokens_out", sum.tokens_out},
                 {"money", money_text(sum.nanos)}};
    for (std::size_t i = 0; i < group_by.size(); ++i)
      json[std::string(group_by[i].name)] = group[i];
    listed.push_back(std::move(json));
  }
  return listed;
}

asio::awaitable<void> show_usage(HttpSession& session, const Backend& backend) {
  auto wish = read_wish(session.request());
  if (!wish) co_return co_await session.send_error(wish.error());
  const auto rows = std::make_shared<Json>(Json::array());
  const auto sums = std::make_shared<Sums>();
  const auto group_by = std::make_shared<const std::vector<Column>>(std::move(wish->group_by));
  const auto visit = [rows, sums, group_by](const LedgerRow& row) {
    if (!group_by->empty()) return add(*sums, *group_by, row);
    rows->push_back(row_json(row));
  };
  auto ask = [&](Ledger::Done done) { backend.ledger.read(wish->query, visit, std::move(done)); };
  const auto page = co_await answer_of<LedgerPage>(ask);
  if (!page) co_return co_await session.send_error(page.error());
  Json body = {{"next", page->next.empty() ? Json(nullptr) : Json(page->next)}};
  if (group_by->empty()) {
    body["rows"] = std::move(*rows);
  } else {
    body["sums"] = sums_json(*sums, *group_by);
  }
  Response response;
  response.body = dump(body);
  co_await session.send(std::move(response));
}

}  // namespace

void add_usage_routes(Router& router, const Backend& backend) {
  router.add("GET", "/v1/admin/usage", Access::admin, [&backend](HttpSession& session) {
    return show_usage(session, backend);
  });
}

}  // namespace parlance::net
