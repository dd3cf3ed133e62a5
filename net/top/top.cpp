#include "net/top/top.hpp"

#include "net/client/http_client.hpp"
#include "net/top/top_view.hpp"
#include "runtime/base/json.hpp"

#include <boost/asio/io_context.hpp>
#include <sys/ioctl.h>
#include <unistd.h>

#include <iostream>
#include <optional>
#include <thread>
#include <utility>

namespace parlance::net {
namespace {

constexpr std::chrono::seconds answer_time_max{10};
constexpr std::size_t answer_bytes_max = 16U << 20U;
constexpr std::size_t depth_max = 16;

struct Answer {
  unsigned status = 0;
  std::string version;
  std::string body;
};

// Asks one thing at a time.
class Asker {
 public:
  explicit Asker(const TopOptions& options) : options_(options) {}

  Result<Answer> ask(const std::string& target) {
    HttpRequest request{.method = "GET",
                        .url = options_.url,
                        .fields = {{"user-agent", "parlance-top"}},
                        .body = {},
                        .body_bytes_max = answer_bytes_max,
                        .deadline = Deadline::at(Deadline::Clock::now() + answer_time_max)};
    request.url.path += target;
    if (!options_.key.empty())
      request.fields.emplace_back("authorization", "Bearer " + options_.key);
    Answer answer;
    std::optional<HttpFailure> failure;
    client_.start(std::move(request),
                  {[&](const HttpHead& head) {
                     answer.status = head.status;
                     answer.version = head.field("x-parlance-version");
                   },
                   [&](std::string_view piece) {
                     answer.body += piece;
                     return HttpNext::progress;
                   },
                   [&](std::optional<HttpFailure> failed) { failure = std::move(failed); }});
    io_.restart();
    io_.run();
    if (failure) return failed(failure->detail);
    return answer;
  }

  // Of what only an operator may see.
  Result<Answer> ask_as_admin(const std::string& target) {
    auto answer = ask(target);
    if (!answer || answer->status == 200) return answer;
    if (answer->status == 401 || answer->status == 403)
      return failed("asks for a key with the scope admin (--key-file)");
    return failed("answered " + target + " with " + std::to_string(answer->status));
  }

  Error failed(const std::string& why) const {
    return {ErrorCode::model_unavailable, options_.url.origin() + ": " + why, {}, {}};
  }

 private:
  static HttpClientOptions client_options() {
    HttpClientOptions options;
    options.connections_idle_max = 0;  // the io_context ends with the call
    return options;
  }

  const TopOptions& options_;
  boost::asio::io_context io_{1};
  HttpClient client_{io_, client_options()};
};

Result<TopSample> take(Asker& asker, const Url& url) {
  const auto pools = asker.ask_as_admin("/v1/admin/pools");
  if (!pools) return pools.error();
  const auto metrics = asker.ask_as_admin("/metrics");
  if (!metrics) return metrics.error();
  const auto ready = asker.ask("/readyz");
  if (!ready) return ready.error();
  auto lanes = parse_json(pools->body, depth_max);
  if (!lanes || !lanes->is_object() || !lanes->contains("lanes") || !(*lanes)["lanes"].is_array())
    return asker.failed("is no Parlance that has pools");
  return TopSample{std::chrono::steady_clock::now(),
                   "parlance " + pools->version + "  " + url.origin(),
                   ready->status == 200,
                   std::move((*lanes)["lanes"]),
                   sums_of(metrics->body)};
}

// From the top left corner, and nothing of before behind it.
void paint(const std::string& screen) {
  std::cout << "\x1b[H\x1b[2J" << screen << std::flush;
}

void show(const TopView& view) {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) size = {24, 80, 0, 0};
  paint(top_screen(view, size.ws_col, size.ws_row));
}

}  // namespace

int run_top(const TopOptions& options) {
  Asker asker(options);
  const bool has_screen = isatty(STDOUT_FILENO) != 0 && !options.once;
  std::optional<TopSample> before;
  while (std::cout) {
    auto sample = take(asker, options.url);
    if (!sample && !before) {
      std::cerr << "parlance: " << sample.error().detail << '\n';
      return 1;
    }
    const TopSample* const earlier = before ? &*before : nullptr;
    if (!sample) {
      has_screen ? paint(sample.error().detail) : void(std::cerr << sample.error().detail << '\n');
    } else if (has_screen) {
      show({*sample, earlier});
    } else {
      std::cout << top_lines({*sample, earlier}) << std::flush;
    }
    if (options.once) return 0;
    if (sample) before = std::move(*sample);
    std::this_thread::sleep_for(options.every);
  }
  return 0;
}

}  // namespace parlance::net
