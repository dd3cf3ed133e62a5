// The knowledge of the agents in one SQLite file, a full-text table for each agent (so that no
// agent's words weigh in another's ranking), searched by a few worker threads.
//
// The file is built again only when the content has changed, and then in one transaction. A file
// that is damaged is made anew: all that is in it comes from the documents.
//
// Threading: as runtime/ports/passage_index.hpp says. Each worker has a read-only connection.
//
// Bounds: searches_at_once_max searches run; searches_waiting_max wait, and one more is refused
// (retriever_failed, on the caller's thread).
#pragma once

#include "runtime/base/result.hpp"
#include "runtime/ports/passage_index.hpp"
#include "storage/documents.hpp"
#include "storage/sqlite.hpp"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace parlance::storage {

// What each agent knows, by the agent's name.
using Knowledge = std::map<std::string, std::vector<Passage>>;

struct FtsOptions {
  std::size_t searches_at_once_max = 2;
  std::size_t searches_waiting_max = 1'000;
};

class FtsIndex : public PassageIndex {
 public:
  // `path` is the file. Errors: storage_failed, with the path.
  static Result<std::unique_ptr<FtsIndex>> build(const std::filesystem::path& path,
                                                 const Knowledge& knowledge,
                                                 FtsOptions options = {});

  // Answers every search that was asked for.
  ~FtsIndex() override;
  FtsIndex(const FtsIndex&) = delete;
  FtsIndex& operator=(const FtsIndex&) = delete;

  void search(PassageQuery query, Found found) override;

  // False: the file on disk was up to date.
  bool rebuilt() const { return rebuilt_; }

 private:
  struct Table {
    std::string name;
    std::size_t documents = 0;
  };
  using Tables = std::map<std::string, Table>;  // by agent

  static Tables tables_for(const Knowledge& knowledge);
  FtsIndex(FtsOptions options, Tables tables, bool rebuilt)
      : options_(options),
        tables_(std::move(tables)),
        rebuilt_(rebuilt) {}

  void run(SqliteDatabase database);
  Result<Passages> find(SqliteDatabase& database, const PassageQuery& query) const;

  const FtsOptions options_;
  const Tables tables_;
  const bool rebuilt_;

  std::mutex mutex_;
  std::condition_variable woken_;
  std::deque<std::pair<PassageQuery, Found>> waiting_;  // guarded by mutex_
  bool stopping_ = false;                               // guarded by mutex_

  std::vector<std::thread> workers_;
};

}  // namespace parlance::storage
