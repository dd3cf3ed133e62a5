#include "bench/stand/stand.hpp"

#include "bench/load/http_call.hpp"

#include <array>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <utility>

namespace parlance::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds ready_time_max{20};
constexpr std::chrono::seconds stop_time_max{20};

constexpr std::string_view echo_agent = R"({"start": "echo", "nodes": {"echo": {"kind": "echo"}}})";
constexpr std::string_view chat_agent =
    R"({"start": "answer", "nodes": {"answer": {"kind": "generate", "role": "main"}}})";

void write(const fs::path& file, std::string_view text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

constexpr std::string_view spare_agent =
    R"({"start": "answer", "nodes": {"answer": {"kind": "generate", "role": "spare"}}})";

// `echo` asks nobody, `chat` asks the mock's first model, `spare` its second one.
Json configuration(const std::string& mock_url) {
  return {
      {"http", {{"address", "127.0.0.1"}, {"port", 0}}},
      {"storage", {{"path", "data"}}},
      {"providers",
       {{"mock",
         {{"kind", "openai"},
          {"base_url", mock_url + "/v1"},
          {"api_key", {{"env", "PARLANCE_BENCH_KEY"}}}}}}},
      {"models",
       {{"main", {{{"provider", "mock"}, {"model", "mock-1"}, {"calls_at_once_max", 256}}}},
        {"spare", {{{"provider", "mock"}, {"model", "mock-2"}, {"calls_at_once_max", 256}}}}}},
      {"agents", {{"echo", "agents/echo"}, {"chat", "agents/chat"}, {"spare", "agents/spare"}}}};
}

}  // namespace

Result<Stand> Stand::start(const StandOptions& options) {
  Stand stand;
  std::string name = (fs::temp_directory_path() / "parlance-bench-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr)
    return Error{ErrorCode::internal, "no folder can be made at " + name, {}, {}};
  stand.folder_ = name;
  const fs::path self = fs::read_symlink("/proc/self/exe");
  stand.program_ =
      options.server.empty() ? (self.parent_path() / "parlance").string() : options.server;

  std::vector<std::string> mock{self.string(), "mock", "--port", "0"};
  mock.insert(mock.end(), options.mock.begin(), options.mock.end());
  auto child = Child::start(mock, (stand.folder_ / "mock.log").string());
  if (!child) return child.error();
  stand.mock_ = std::move(*child);
  const auto ready = stand.mock_->says("parlance-bench mock: ready on ", ready_time_max);
  if (!ready) return Error{ErrorCode::internal, "the mock: " + ready.error().detail, {}, {}};
  stand.mock_url_ = *ready;

  stand.configuration_ = configuration(stand.mock_url_);
  stand.configuration_.merge_patch(options.changes);
  write(stand.folder_ / "agents/echo/agent.json", echo_agent);
  write(stand.folder_ / "agents/chat/agent.json", chat_agent);
  write(stand.folder_ / "agents/spare/agent.json", spare_agent);
  setenv("PARLANCE_BENCH_KEY", "none", /*overwrite=*/1);
  if (auto started = stand.start_server(); !started) return started.error();
  return stand;
}

Stand::~Stand() {
  if (server_) server_->stop(SIGTERM, stop_time_max);
  if (mock_) mock_->stop(SIGTERM, stop_time_max);
  std::error_code ignored;
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
}

std::string Stand::log() const {
  std::ostringstream text;
  text << std::ifstream(folder_ / "server.log").rdbuf();
  return text.str();
}

std::uint64_t Stand::data_bytes() const {
  std::uint64_t sum = 0;
  std::error_code gone;  // files come and go while this looks
  for (fs::recursive_directory_iterator each(folder_ / "data", gone), end; each != end;
       each.increment(gone)) {
    const auto size = each->is_regular_file(gone) ? each->file_size(gone) : 0;
    if (!gone) sum += size;
  }
  return sum;
}

bool Stand::stop_server(int number, std::chrono::milliseconds time_max) {
  return server_->stop(number, time_max);
}

Result<void> Stand::set_mock(const Json& settings) const {
  const auto answer = http_call(*parse_target(mock_url_), "POST", "/mock/settings", dump(settings));
  if (answer.status == 200) return {};
  return Error{ErrorCode::internal, "the mock's settings: " + answer.body, {}, {}};
}

Result<void> Stand::start_server() {
  write(folder_ / "parlance.json", configuration_.dump(2));
  auto child =
      Child::start({program_, "serve", "--dev", "--config", (folder_ / "parlance.json").string()},
                   (folder_ / "server.log").string());
  if (!child) return child.error();
  server_ = std::move(*child);
  const auto ready = server_->says("parlance: ready on ", ready_time_max);
  if (!ready)
    return Error{ErrorCode::internal, "the server: " + ready.error().detail + "\n" + log(), {}, {}};
  url_ = *ready;
  configuration_["http"]["port"] = std::stoi(parse_target(url_)->port);
  return {};
}

}  // namespace parlance::bench
