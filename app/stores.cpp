#include "app/stores.hpp"

#include "app/part_options.hpp"
#include "storage/documents.hpp"

#include <filesystem>
#include <system_error>
#include <utility>

namespace parlance {

Result<std::unique_ptr<storage::RocksJournal>> open_journal(const Settings& settings,
                                                            const StoreTools& tools) {
  const auto& folder = settings.storage.path;
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) {
    return Error{ErrorCode::storage_failed, folder.string() + ": " + failed.message(), {}, {}};
  }
  auto options = journal_options(settings);
  options.on_write_failure = tools.on_write_failure;
  return storage::RocksJournal::open_store(std::move(options), tools.metrics, tools.clock);
}

Result<std::unique_ptr<storage::FtsIndex>> build_knowledge(const Settings& settings,
                                                           const Agents& agents) {
  storage::Knowledge documents;
  for (const auto& [name, agent] : agents) {
    auto passages = storage::read_documents(agent->knowledge());
    if (!passages) return passages.error();
    documents[name] = std::move(*passages);
  }
  storage::FtsOptions options;
  options.searches_at_once_max = settings.retriever.searches_at_once_max;
  return storage::FtsIndex::build(settings.storage.path / "knowledge.sqlite", documents, options);
}

}  // namespace parlance
