// Every route of the server, by family.
//
// Threading: before the server listens.
#pragma once

#include "net/router.hpp"
#include "net/routes/backend.hpp"

namespace parlance::net {

Authenticate authenticate_with(const KeyStore& keys, const Clock& clock);

// /livez /readyz /metrics /version /v1/admin/quarantine
void add_operator_routes(Router& router, const Backend& backend);

// /v1/admin/pools
void add_pool_routes(Router& router, const Backend& backend);

// /v1/admin/answers
void add_answer_routes(Router& router, const Backend& backend);

// /v1/admin/usage
void add_usage_routes(Router& router, const Backend& backend);

// /v1/chat/completions /v1/models
void add_openai_routes(Router& router, const Backend& backend);

// /v1/embeddings
void add_embedding_routes(Router& router, const Backend& backend);

// /v1/estimate
void add_estimate_routes(Router& router, const Backend& backend);

// /ok /info /assistants /threads /runs
void add_langgraph_routes(Router& router, const Backend& backend);

// / /docs /openapi.json and the files of the pages
void add_page_routes(Router& router);

// All of the above. The backend must outlive the router.
Router make_routes(const Backend& backend);

}  // namespace parlance::net
