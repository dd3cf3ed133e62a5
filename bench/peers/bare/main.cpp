// The limits that docs/benchmarks.md holds Parlance against: Beast alone, which answers `echo` with
// the same bytes at once, and, with a folder for a journal, the bare path of a durable turn: Beast,
// a JSON parser, a hand-over to another thread, and RocksDB, synced once for all that came
// meanwhile.
//
//   parlance_bare_server [--journal FOLDER]
//
// Threading: one thread for all connections, and one that writes. Ends by SIGTERM.
#include "bench/peers/bare/group_commit.hpp"
#include "bench/peers/bare/session.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace parlance::bare {
namespace {

using boost::asio::ip::tcp;

void accept(tcp::acceptor& acceptor, GroupCommit* journal) {
  acceptor.async_accept([&acceptor, journal](boost::system::error_code failed, tcp::socket socket) {
    if (failed) return;
    std::make_shared<Session>(std::move(socket), journal)->read();
    accept(acceptor, journal);
  });
}

void serve(const std::string& journal_folder) {
  boost::asio::io_context context(1);
  std::optional<GroupCommit> journal;
  if (!journal_folder.empty()) {
    journal.emplace(journal_folder, [&context](GroupCommit::Waiters waiters) {
      boost::asio::post(context, [waiters = std::move(waiters)] {
        for (const auto& waiter : waiters)
          waiter->committed();
      });
    });
  }
  tcp::acceptor acceptor(context, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
  accept(acceptor, journal ? &*journal : nullptr);
  boost::asio::signal_set signals(context, SIGTERM, SIGINT);
  signals.async_wait([&context](boost::system::error_code, int) { context.stop(); });
  std::printf("parlance_bare_server: ready on http://127.0.0.1:%u\n",
              acceptor.local_endpoint().port());
  std::fflush(stdout);
  context.run();
}

}  // namespace
}  // namespace parlance::bare

int main(int count, char** arguments) {
  CLI::App app("answers echo with the same bytes as Parlance, and does next to nothing else");
  std::string journal;
  app.add_option("--journal", journal, "a folder: turns are synced to it before they are answered");
  CLI11_PARSE(app, count, arguments);
  parlance::bare::serve(journal);
}
