#include "storage/fts_index.hpp"

#include "runtime/base/digest.hpp"
#include "runtime/base/failpoint.hpp"
#include "runtime/base/log.hpp"
#include "storage/fts_query.hpp"

#include <algorithm>
#include <exception>
#include <system_error>

namespace parlance::storage {
namespace {

constexpr std::string_view layout = "parlance passages 1";

std::map<std::string, std::string> table_names(const Knowledge& knowledge) {
  std::map<std::string, std::string> tables;
  for (const auto& [agent, documents] : knowledge) {
    tables.emplace(agent, "passages_" + std::to_string(tables.size()));
  }
  return tables;
}

// Lengths go before the texts, so that no two contents are spelled alike.
std::string digest_of(const Knowledge& knowledge) {
  std::string text(layout);
  const auto add = [&](std::string_view part) {
    text += std::to_string(part.size()) + ':';
    text += part;
  };
  for (const auto& [agent, documents] : knowledge) {
    add(agent);
    text += std::to_string(documents.size()) + ';';
    for (const auto& document : documents) {
      add(document.source);
      add(document.title);
      add(document.text);
    }
  }
  return sha256_hex(text);
}

bool is_current(SqliteDatabase& database, const std::string& digest) {
  auto statement = database.prepare("SELECT digest FROM content");
  if (!statement) return false;
  const auto row = statement->step();
  return row && *row && statement->text(0) == digest;
}

Result<void> drop_tables(SqliteDatabase& database) {
  std::vector<std::string> tables;
  {
    auto statement =
        database.prepare("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%'");
    if (!statement) return statement.error();
    for (;;) {
      const auto row = statement->step();
      if (!row) return row.error();
      if (!*row) break;
      tables.push_back(statement->text(0));
    }
  }
  for (const auto& table : tables) {
    if (auto done = database.run("DROP TABLE " + table); !done) return done;
  }
  return database.run("DROP TABLE IF EXISTS content");
}

Result<void> fill_table(SqliteDatabase& database,
                        const std::string& table,
                        const std::vector<Passage>& documents) {
  auto made =
      database.run("CREATE VIRTUAL TABLE " + table +
                   " USING fts5(title, text, source UNINDEXED, tokenize = 'porter unicode61')");
  if (!made) return made;
  auto insert =
      database.prepare("INSERT INTO " + table + " (title, text, source) VALUES (?, ?, ?)");
  if (!insert) return insert.error();
  for (const auto& document : documents) {
    insert->bind(1, document.title);
    insert->bind(2, document.text);
    insert->bind(3, document.source);
    const auto done = insert->step();
    if (!done) return done.error();
    insert->reset();
  }
  return {};
}

Result<void> fill(SqliteDatabase& database, const Knowledge& knowledge, const std::string& digest) {
  if (auto done = database.run("BEGIN IMMEDIATE"); !done) return done;
  if (auto done = drop_tables(database); !done) return done;
  for (const auto& [agent, table] : table_names(knowledge)) {
    if (auto done = fill_table(database, table, knowledge.at(agent)); !done) return done;
  }
  auto done = database.run("CREATE TABLE content (digest TEXT); INSERT INTO content VALUES ('" +
                           digest + "')");
  return done ? database.run("COMMIT") : done;
}

// True: the file had to be filled.
Result<bool> bring_up_to_date(const std::filesystem::path& path, const Knowledge& knowledge) {
  auto database = SqliteDatabase::open_file(path, SqliteMode::read_write_create);
  if (!database) return database.error();
  const std::string digest = digest_of(knowledge);
  if (is_current(*database, digest)) return false;
  if (auto filled = fill(*database, knowledge, digest); !filled) return filled.error();
  return true;
}

Error retriever_error(std::string detail) {
  return {ErrorCode::retriever_failed, std::move(detail), {}, {}};
}

Result<std::vector<Passage>> find_passages(SqliteDatabase& database,
                                           const std::string& table,
                                           const std::string& match,
                                           std::size_t passages_max) {
  // A hit in the title counts three times. bm25() is smaller for a better fit.
  auto statement =
      database.prepare("SELECT source, title, text, -bm25(" + table + ", 3.0, 1.0) AS score FROM " +
                       table + " WHERE " + table + " MATCH ? ORDER BY score DESC, rowid LIMIT ?");
  if (!statement) return retriever_error(statement.error().detail);
  statement->bind(1, match);
  statement->bind(2, static_cast<std::int64_t>(passages_max));
  std::vector<Passage> passages;
  for (;;) {
    const auto row = statement->step();
    if (!row) return retriever_error(row.error().detail);
    if (!*row) return passages;
    passages.push_back(
        {statement->text(0), statement->text(1), statement->text(2), statement->real(3)});
  }
}

Result<std::map<std::string, std::size_t>> count_documents(SqliteDatabase& database,
                                                           const std::string& table,
                                                           const std::vector<std::string>& terms) {
  std::map<std::string, std::size_t> holding;
  auto statement =
      database.prepare("SELECT count(*) FROM " + table + " WHERE " + table + " MATCH ?");
  if (!statement) return retriever_error(statement.error().detail);
  for (const auto& term : terms) {
    const std::string match = fts_query(term);
    statement->bind(1, match);
    const auto row = statement->step();
    if (!row) return retriever_error(row.error().detail);
    holding[term] = static_cast<std::size_t>(statement->integer(0));
    statement->reset();
  }
  return holding;
}

}  // namespace

Result<std::unique_ptr<FtsIndex>> FtsIndex::build(const std::filesystem::path& path,
                                                  const Knowledge& knowledge,
                                                  FtsOptions options) {
  std::error_code ignored;
  std::filesystem::create_directories(path.parent_path(), ignored);
  auto rebuilt = bring_up_to_date(path, knowledge);
  if (!rebuilt) {
    log_warn("passage_index_made_anew", {{"reason", rebuilt.error().detail}});
    std::filesystem::remove(path, ignored);
    std::filesystem::remove(path.string() + "-journal", ignored);
    rebuilt = bring_up_to_date(path, knowledge);
  }
  if (!rebuilt)
    return Error{ErrorCode::storage_failed, path.string() + ": " + rebuilt.error().detail, {}, {}};

  auto index = std::unique_ptr<FtsIndex>(new FtsIndex(options, tables_for(knowledge), *rebuilt));
  for (std::size_t i = 0; i < std::max<std::size_t>(options.searches_at_once_max, 1); ++i) {
    auto database = SqliteDatabase::open_file(path, SqliteMode::read_only);
    if (!database) return database.error();
    index->workers_.emplace_back([self = index.get(), connection = std::move(*database)]() mutable {
      self->run(std::move(connection));
    });
  }
  return index;
}

FtsIndex::Tables FtsIndex::tables_for(const Knowledge& knowledge) {
  Tables tables;
  for (const auto& [agent, name] : table_names(knowledge))
    tables[agent] = {name, knowledge.at(agent).size()};
  return tables;
}

FtsIndex::~FtsIndex() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  woken_.notify_all();
  for (auto& worker : workers_)
    worker.join();
}

void FtsIndex::search(PassageQuery query, Found found) {
  std::unique_lock lock(mutex_);
  if (waiting_.size() >= options_.searches_waiting_max) {
    lock.unlock();
    found(retriever_error("too many searches wait"));
    return;
  }
  waiting_.emplace_back(std::move(query), std::move(found));
  lock.unlock();
  woken_.notify_one();
}

void FtsIndex::run(SqliteDatabase database) {
  std::unique_lock lock(mutex_);
  for (;;) {
    woken_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    auto [asked, found] = std::move(waiting_.front());
    const PassageQuery& query = asked;
    waiting_.pop_front();
    lock.unlock();
    auto answer = [&]() -> Result<Passages> {
      try {
        PARLANCE_FAILPOINT("retriever.search");
        return find(database, query);
      } catch (const std::exception& problem) {
        return retriever_error(problem.what());
      }
    }();
    found(std::move(answer));
    lock.lock();
  }
}

Result<Passages> FtsIndex::find(SqliteDatabase& database, const PassageQuery& query) const {
  const auto table = tables_.find(query.agent);
  const auto terms = fts_terms(query.text);
  if (table == tables_.end() || terms.empty()) return Passages{};
  const auto& [name, documents] = table->second;
  auto found = find_passages(database, name, fts_query(terms), query.passages_max);
  if (!found) return found.error();
  auto holding = count_documents(database, name, terms);
  if (!holding) return holding.error();
  return Passages{std::move(*found), {documents, std::move(*holding)}};
}

}  // namespace parlance::storage
