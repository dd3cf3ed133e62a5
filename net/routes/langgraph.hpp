// The LangGraph family: what the official client @langchain/langgraph-sdk speaks, of it the part
// listed in routes.hpp. Where the open development server and the platform differ, the platform is
// followed: runs are enqueued by default, a rejected one is 409, an unknown thread 404, a wrong
// value 422.
//
// Threading: before the server listens.
#pragma once

#include "net/http_session.hpp"
#include "net/routes/backend.hpp"

namespace parlance::net {

void add_assistant_routes(Router& router, const Backend& backend);
void add_thread_routes(Router& router, const Backend& backend);
void add_history_routes(Router& router, const Backend& backend);
void add_update_route(Router& router, const Backend& backend);
void add_run_routes(Router& router, const Backend& backend);
void add_known_run_routes(Router& router, const Backend& backend);

// The thread that the path names, under the caller's tenant. thread_not_found for what no id can
// be.
Result<ThreadKey> thread_in_path(const Request& request);

// Whether `whole` has all that `part` has.
bool contains(const Json& whole, const Json& part);

// One page of a list: limit and offset of a query or a body.
struct Page {
  std::size_t limit = 10;
  std::size_t offset = 0;
};

Result<Page> page_in_query(const Request& request);

}  // namespace parlance::net
