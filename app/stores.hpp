// What the server keeps on disk: the journal of its threads, and the index of what its agents know.
#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/base/result.hpp"
#include "runtime/graph/agent.hpp"
#include "runtime/metrics/journal_metrics.hpp"
#include "storage/fts_index.hpp"
#include "storage/rocks_journal.hpp"

#include "settings/settings.hpp"

#include <functional>
#include <memory>
#include <string>

namespace parlance {

struct StoreTools {
  JournalMetrics& metrics;
  const Clock& clock;
  std::function<void(const std::string& reason)> on_write_failure;  // as JournalOptions has it
};

// In the folder storage.path, which is made when it is not there.
Result<std::unique_ptr<storage::RocksJournal>> open_journal(const Settings& settings,
                                                            const StoreTools& tools);

// Made anew at each start, from the files of the agents. The folder is there.
Result<std::unique_ptr<storage::FtsIndex>> build_knowledge(const Settings& settings,
                                                           const Agents& agents);

}  // namespace parlance
