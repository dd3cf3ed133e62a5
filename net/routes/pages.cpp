// The pages: `/` chats with an agent, `/docs` shows the API.
#include "net/pages.hpp"

#include "net/etag.hpp"
#include "net/http_session.hpp"
#include "net/routes/routes.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace parlance::net {
namespace asio = boost::asio;

namespace {

constexpr std::string_view policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

struct Page {
  const char* path;
  const char* file;        // below pages/
  std::string_view is_at;  // another path, in place of a file
};

constexpr std::array<Page, 4> pages{{{"/", "chat/index.html", {}},
                                     {"/docs", "docs/index.html", {}},
                                     {"/docs/", nullptr, "/docs"},
                                     {"/openapi.json", "openapi.json", {}}}};

std::string_view type_of(std::string_view path) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> types{
      {{".html", "text/html; charset=utf-8"},
       {".css", "text/css; charset=utf-8"},
       {".js", "text/javascript; charset=utf-8"},
       {".json", "application/json"},
       {".svg", "image/svg+xml"},
       {".png", "image/png"}}};
  const auto* const known = std::find_if(
      types.begin(), types.end(), [&](const auto& type) { return path.ends_with(type.first); });
  return known == types.end() ? "application/octet-stream" : known->second;
}

// A copy is asked for anew each time and costs a 304: no page meets the script of another version.
asio::awaitable<void> send_page(HttpSession& session, std::string path) {
  const auto files = page_files();
  const auto file = std::find_if(
      files.begin(), files.end(), [&](const PageFile& each) { return each.path == path; });
  if (file == files.end()) {
    Error error{ErrorCode::not_found, "there is nothing at this path", {}, {}};
    co_return co_await session.send_error(std::move(error));
  }
  Response response;
  response.content_type = type_of(path);
  response.add_header("etag", file->etag);
  response.add_header("cache-control", "public, no-cache");
  if (path.ends_with(".html")) {
    response.add_header("content-security-policy", policy);
    response.add_header("referrer-policy", "no-referrer");
    response.add_header("x-frame-options", "DENY");
  }
  if (matches_etag(session.request().header("if-none-match"), file->etag)) {
    response.status = 304;
  } else {
    response.body = file->bytes;
  }
  co_await session.send(std::move(response));
}

asio::awaitable<void> send_there(HttpSession& session, std::string_view path) {
  Response response;
  response.status = 308;
  response.content_type = "text/plain; charset=utf-8";
  response.body = path;
  response.add_header("location", path);
  co_await session.send(std::move(response));
}

}  // namespace

void add_page_routes(Router& router) {
  for (const auto& page : pages) {
    router.add("GET", page.path, Access::open, [&page](HttpSession& session) {
      return page.is_at.empty() ? send_page(session, page.file) : send_there(session, page.is_at);
    });
  }
  for (const char* folder : {"chat/", "docs/"}) {
    router.add(
        "GET", std::string("/") + folder + "{file}", Access::open, [folder](HttpSession& session) {
          return send_page(session, folder + session.request().parameters[0]);
        });
  }
}

}  // namespace parlance::net
