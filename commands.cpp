#include "commands.hpp"

#include "app/agents.hpp"
#include "net/auth/key_file.hpp"
#include "net/top/top.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/failpoint.hpp"
#include "runtime/base/units.hpp"

#include "app.hpp"
#include "settings/settings.hpp"
#include <CLI/CLI.hpp>

#include <cctype>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

// POSIX: the environment.
extern char** environ;  // NOLINT(readability-redundant-declaration)

namespace parlance {
namespace {

constexpr int exit_code_wrong_usage = 2;

int fail(const Error& error) {
  std::cerr << "parlance: " << error.detail << '\n';
  return 1;
}

int wrong_usage(const std::string& reason) {
  std::cerr << "parlance: " << reason << '\n';
  return exit_code_wrong_usage;
}

std::vector<std::string> environment() {
  std::vector<std::string> entries;
  for (char** entry = environ; *entry != nullptr; ++entry)
    entries.emplace_back(*entry);
  return entries;
}

int serve(const std::string& config, bool dev, const std::string& log_format) {
  if (const char* list = std::getenv("PARLANCE_FAILPOINTS")) {
    if (!failpoints_compiled_in())
      return fail({ErrorCode::invalid_value, "this build has no failpoints", {}, {}});
    if (auto armed = arm_failpoints(list); !armed) return fail(armed.error());
  }
  auto settings = load_settings(config, environment());
  if (!settings) return fail(settings.error());
  if (!log_format.empty()) settings->log.format = log_format;
  auto app = App::make(*settings, dev ? Mode::development : Mode::production);
  if (!app) return fail(app.error());
  return (*app)->run();
}

int check(const std::string& config) {
  auto settings = load_settings(config, environment());
  if (!settings) return fail(settings.error());
  auto agents = load_agents(*settings);
  if (!agents) return fail(agents.error());
  std::cout << config << ": ok, " << agents->size() << " agents, " << settings->models.size()
            << " model roles\n";
  return 0;
}

Result<std::filesystem::path> keys_file(const std::string& config) {
  auto settings = load_settings(config, environment(), "auth");
  if (!settings) return settings.error();
  if (settings->auth.keys_file.empty()) {
    return Error{ErrorCode::invalid_value, config + ": auth.keys_file is not set", {}, {}};
  }
  return settings->auth.keys_file;
}

int create_key(const std::string& config,
               const std::string& tenant,
               const std::string& scopes,
               const std::string& expires,
               std::uint32_t weight,
               const std::string& criticality) {
  auto file = keys_file(config);
  if (!file) return fail(file.error());
  if (!is_identifier(tenant)) return wrong_usage("--tenant: 1 to 128 of A-Z a-z 0-9 . _ : -");
  std::set<std::string> wanted;
  std::istringstream list(scopes);
  for (std::string scope; std::getline(list, scope, ',');) {
    if (scope != "chat" && scope != "admin" && scope != "metrics")
      return wrong_usage("--scopes: a list of chat, admin, metrics");
    wanted.insert(scope);
  }
  if (wanted.empty()) return wrong_usage("--scopes: without one, a key is good for nothing");
  if (weight < 1 || weight > CallClass::weight_max) return wrong_usage("--weight: 1 to 100");
  const auto criticality_wanted = criticality_from(criticality);
  if (!criticality_wanted) return wrong_usage("--criticality: sheddable, normal or high");
  const std::int64_t now = Clock{}.unix_ms();
  std::int64_t expires_ms = 0;
  if (expires != "never") {
    const auto time = parse_duration(expires);
    if (!time) return wrong_usage("--expires: " + time.error().detail);
    if (time->count() <= 0) return wrong_usage("--expires: the key would never be valid");
    expires_ms = now + time->count();
  }
  auto key = net::create_key(
      *file, TenantId{tenant}, wanted, now, expires_ms, {weight, *criticality_wanted});
  if (!key) return fail(key.error());
  std::cout << *key << '\n';
  return 0;
}

int list_keys(const std::string& config) {
  auto file = keys_file(config);
  if (!file) return fail(file.error());
  auto keys = net::list_keys(*file);
  if (!keys) return fail(keys.error());
  for (const auto& key : *keys) {
    std::string scopes;
    for (const auto& scope : key.scopes)
      scopes += (scopes.empty() ? "" : ",") + scope;
    std::cout << key.id << "  " << key.tenant.value << "  " << scopes << "  created "
              << iso_time(key.created_ms) << "  "
              << (key.expires_ms == 0 ? "never expires" : "expires " + iso_time(key.expires_ms))
              << "  weight " << key.call_class.weight << "  "
              << to_string(key.call_class.criticality) << (key.is_revoked ? "  revoked" : "")
              << '\n';
  }
  return 0;
}

int revoke_key(const std::string& config, const std::string& id) {
  auto file = keys_file(config);
  if (!file) return fail(file.error());
  if (auto revoked = net::revoke_key(*file, id); !revoked) return fail(revoked.error());
  std::cout << id << " is revoked\n";
  return 0;
}

// The first line of the file; keys are not taken from the command line, which every process sees.
Result<std::string> key_in(const std::string& file) {
  std::ifstream lines(file);
  std::string key;
  std::getline(lines, key);
  while (!key.empty() && std::isspace(static_cast<unsigned char>(key.back())) != 0)
    key.pop_back();
  if (key.empty()) return Error{ErrorCode::invalid_value, file + ": holds no key", {}, {}};
  return key;
}

int top(const std::string& url, const std::string& key_file, const std::string& every, bool once) {
  net::TopOptions options;
  auto parsed = net::parse_url(url);
  if (!parsed) return wrong_usage("--url: " + parsed.error().detail);
  options.url = std::move(*parsed);
  const auto time = parse_duration(every);
  if (!time) return wrong_usage("--every: " + time.error().detail);
  if (*time < std::chrono::milliseconds(100)) return wrong_usage("--every: 100ms or more");
  options.every = *time;
  options.once = once;
  if (!key_file.empty()) {
    auto key = key_in(key_file);
    if (!key) return fail(key.error());
    options.key = std::move(*key);
  }
  return net::run_top(options);
}

}  // namespace

int run_command(int argc, char** argv) {
  CLI::App cli{"Parlance: a server on which LLM conversation agents run", "parlance"};
  cli.require_subcommand(1);
  std::string config;
  std::string log_format;
  bool dev = false;
  const auto with_config = [&](CLI::App* command) {
    command->add_option("--config", config, "The configuration file")
        ->required()
        ->check(CLI::ExistingFile);
    return command;
  };

  auto* serve_command = with_config(cli.add_subcommand("serve", "Run the server"));
  serve_command->add_flag(
      "--dev", dev, "Loopback only: one tenant, no key needed (or the key `dev`)");
  serve_command->add_option("--log-format", log_format, "json or text")
      ->check(CLI::IsMember({"json", "text"}));
  auto* check_command =
      with_config(cli.add_subcommand("check", "Check the configuration and the agents"));

  auto* keys = cli.add_subcommand("keys", "API keys: create, list, revoke")->require_subcommand(1);
  std::string tenant;
  std::string scopes = "chat";
  std::string expires = "never";
  std::uint32_t weight = 1;
  std::string criticality = "normal";
  std::string id;
  auto* create_command =
      with_config(keys->add_subcommand("create", "Make a key and print it, once"));
  create_command->add_option("--tenant", tenant, "Whose threads the key reaches")->required();
  create_command->add_option("--scopes", scopes, "Any of chat,admin,metrics")
      ->capture_default_str();
  create_command->add_option("--expires", expires, "A duration such as 90d, or never")
      ->capture_default_str();
  create_command
      ->add_option("--weight", weight, "The share of a lane that its tenant has, 1 to 100")
      ->capture_default_str();
  create_command
      ->add_option("--criticality", criticality, "Who gives way: sheddable, normal or high")
      ->capture_default_str();
  auto* list_command =
      with_config(keys->add_subcommand("list", "Every key, without the key itself"));
  auto* revoke_command = with_config(keys->add_subcommand("revoke", "Make a key invalid"));
  revoke_command->add_option("id", id, "As `keys list` shows it")->required();

  std::string url = "http://127.0.0.1:8080";
  std::string key_file;
  std::string every = "1s";
  bool once = false;
  auto* top_command =
      cli.add_subcommand("top", "The model pool and the threads of a running server, live");
  top_command->add_option("--url", url, "Where it serves")->capture_default_str();
  top_command
      ->add_option("--key-file", key_file, "Holds a key with the scope admin; --dev needs none")
      ->check(CLI::ExistingFile);
  top_command->add_option("--every", every, "A duration between two looks")->capture_default_str();
  top_command->add_flag("--once", once, "One look, as lines");

  auto* settings_command =
      cli.add_subcommand("settings", "Every setting: name, type, default, range, meaning");
  auto* version_command = cli.add_subcommand("version", "Version and build");

  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = cli.exit(error);
    return code == 0 ? 0 : exit_code_wrong_usage;
  }
  if (*serve_command) return serve(config, dev, log_format);
  if (*check_command) return check(config);
  if (*create_command) return create_key(config, tenant, scopes, expires, weight, criticality);
  if (*list_command) return list_keys(config);
  if (*revoke_command) return revoke_key(config, id);
  if (*top_command) return top(url, key_file, every, once);
  if (*settings_command) std::cout << settings_table();
  if (*version_command) std::cout << "parlance " << version() << '\n';
  return 0;
}

}  // namespace parlance
