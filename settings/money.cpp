#include "settings/money.hpp"

#include "net/webhooks/webhook_rules.hpp"

#include "settings/values.hpp"

#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace parlance {
namespace {

// As text, or as a number of at most nine decimals.
Result<std::int64_t> read_money(const Json& value, const std::string& path) {
  const std::string text = value.is_string() ? value.get<std::string>() : dump(value);
  const auto nanos = parse_money(text);
  if (!nanos) return wrong_setting(path, nanos.error().detail);
  return *nanos;
}

Result<Price> read_price(const Json& value, const std::string& path) {
  if (auto fine = known_keys(value, path, {"input", "cached_input", "output"}); !fine)
    return fine.error();
  Price price;
  for (const auto& [name, into] : std::initializer_list<std::pair<const char*, std::int64_t*>>{
           {"input", &price.input}, {"output", &price.output}}) {
    const auto nanos = read_money(value.value(name, Json()), path + "." + name);
    if (!nanos) return nanos.error();
    *into = *nanos;
  }
  price.input_cached = price.input;
  if (value.contains("cached_input")) {
    const auto nanos = read_money(value["cached_input"], path + ".cached_input");
    if (!nanos) return nanos.error();
    price.input_cached = *nanos;
  }
  if (std::max({price.input, price.input_cached, price.output}) > Price::most)
    return wrong_setting(path,
                         "must be at most " + money_text(Price::most) + " for a million tokens");
  return price;
}

Result<PriceSettings> read_prices(const Json& value) {
  if (auto fine = known_keys(value, "prices", {"version", "models"}); !fine) return fine.error();
  PriceSettings prices;
  auto version = read_text(value.value("version", Json()), "prices.version");
  if (!version) return version.error();
  prices.version = std::move(*version);
  const Json models = value.value("models", Json::object());
  if (!models.is_object()) return wrong_setting("prices.models", "must be an object");
  for (const auto& [name, item] : models.items()) {
    const auto price = read_price(item, "prices.models." + name);
    if (!price) return price.error();
    prices.models[name] = *price;
  }
  return prices;
}

Result<SpendingLimit> read_spending_limit(const Json& value, const std::string& path) {
  if (auto fine = known_keys(value, path, {"tokens_max", "money_max"}); !fine) return fine.error();
  constexpr std::uint64_t tokens_most = 1'000'000'000'000'000;
  SpendingLimit limit;
  if (value.contains("tokens_max")) {
    const auto tokens = read_count(value["tokens_max"], path + ".tokens_max", 1, tokens_most);
    if (!tokens) return tokens.error();
    limit.tokens_max = static_cast<std::int64_t>(*tokens);
  }
  if (value.contains("money_max")) {
    const auto nanos = read_money(value["money_max"], path + ".money_max");
    if (!nanos) return nanos.error();
    if (*nanos == 0) return wrong_setting(path + ".money_max", "must be more than 0");
    limit.nanos_max = *nanos;
  }
  return limit;
}

Result<Budget> read_budget(const Json& value, const std::string& path) {
  if (auto fine = known_keys(value, path, {"day", "month", "total"}); !fine) return fine.error();
  Budget budget;
  for (const Period period : all_periods) {
    const std::string name(to_string(period));
    if (!value.contains(name)) continue;
    const auto limit = read_spending_limit(value[name], path + "." + name);
    if (!limit) return limit.error();
    budget.of(period) = *limit;
  }
  return budget;
}

// From above 0 to 1, ascending.
Result<std::vector<double>> read_shares(const Json& value, const std::string& path) {
  const auto refused =
      wrong_setting(path, "must be a list of shares from above 0 to 1, in their order");
  if (!value.is_array()) return refused;
  std::vector<double> shares;
  for (const auto& item : value) {
    const double share = item.is_number() ? item.get<double>() : 0;
    if (share <= (shares.empty() ? 0 : shares.back()) || share > 1) return refused;
    shares.push_back(share);
  }
  return shares;
}

Result<BudgetOptions> read_budgets(const Json& value) {
  if (auto fine = known_keys(
          value,
          "budgets",
          {"tenant", "key", "user", "thread", "tenants", "keys", "alert_at", "alert_webhook"});
      !fine)
    return fine.error();
  BudgetOptions budgets;
  if (value.contains("alert_at")) {
    auto shares = read_shares(value["alert_at"], "budgets.alert_at");
    if (!shares) return shares.error();
    budgets.alert_shares = std::move(*shares);
  }
  if (value.contains("alert_webhook")) {
    auto url = read_text(value["alert_webhook"], "budgets.alert_webhook");
    if (!url) return url.error();
    budgets.alert_webhook = std::move(*url);
  }
  for (const Payer payer : {Payer::tenant, Payer::key, Payer::user, Payer::thread}) {
    const std::string name(to_string(payer));
    if (!value.contains(name)) continue;
    const auto budget = read_budget(value[name], "budgets." + name);
    if (!budget) return budget.error();
    budgets.each[payer] = *budget;
  }
  for (const auto& [name, into] :
       std::initializer_list<std::pair<std::string, std::map<std::string, Budget>*>>{
           {"tenants", &budgets.tenants}, {"keys", &budgets.keys}}) {
    const std::string path = "budgets." + name;
    const Json named = value.value(name, Json::object());
    if (!named.is_object()) return wrong_setting(path, "must be an object");
    for (const auto& [owner, item] : named.items()) {
      const auto budget = read_budget(item, path + "." + owner);
      if (!budget) return budget.error();
      (*into)[owner] = *budget;
    }
  }
  return budgets;
}

// Alerts go where webhooks may go; without secrets there are none.
Result<void> check_alert_webhook(const Settings& settings) {
  if (settings.budgets.alert_webhook.empty()) return {};
  Result<net::WebhookRules> rules = net::WebhookRules();
  if (!settings.webhooks.secrets.empty())
    rules = net::WebhookRules::make(settings.webhooks.hosts_allowed);
  if (!rules) return rules.error();
  const auto target = rules->check(settings.budgets.alert_webhook);
  return target ? Result<void>() : wrong_setting("budgets.alert_webhook", target.error().detail);
}

}  // namespace

Result<void> read_money_parts(const Json& document, Settings& settings) {
  if (document.contains("prices")) {
    auto prices = read_prices(document["prices"]);
    if (!prices) return prices.error();
    settings.prices = std::move(*prices);
  }
  if (document.contains("budgets")) {
    auto budgets = read_budgets(document["budgets"]);
    if (!budgets) return budgets.error();
    settings.budgets = std::move(*budgets);
  }
  return check_alert_webhook(settings);
}

}  // namespace parlance
