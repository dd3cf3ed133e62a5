// What each part is told: the settings, as the part's own options.
//
// Threading: pure functions.
#pragma once

#include "actors/llm_pool.hpp"
#include "actors/retriever_pool.hpp"
#include "actors/thread_directory.hpp"
#include "actors/webhook_sender.hpp"
#include "net/http_server.hpp"
#include "net/providers/http_provider.hpp"
#include "net/routes/backend.hpp"
#include "storage/journal_options.hpp"

#include "settings/settings.hpp"

#include <cstddef>
#include <cstdint>

namespace parlance {

// Whatever the settings say nothing of has its default.
net::HttpServerOptions http_options(const HttpSettings& http, const net::DoorOptions& limits);
storage::JournalOptions journal_options(const Settings& settings);
actors::RoleOptions role_options(const Settings& settings);
actors::RetrieverOptions retriever_options(const RetrieverSettings& retriever);
actors::WebhookSenderOptions webhook_options(const WebhookSettings& webhooks);
net::EmbeddingRules embedding_rules(const EmbeddingSettings& embeddings);

// All but its key.
net::HttpProviderOptions provider_options(const ProviderSettings& provider);

// Small servers have one directory, large ones several, so that finding a thread is no bottleneck.
std::size_t directory_count(std::uint64_t resident_max);

// Of one of so many.
actors::DirectoryOptions directory_options(const Settings& settings, std::size_t directories);

}  // namespace parlance
