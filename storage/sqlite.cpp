#include "storage/sqlite.hpp"

#include <utility>

namespace parlance::storage {

void SqliteStatement::bind(int position, std::string_view text) {
  sqlite3_bind_text64(
      statement_.get(), position, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
}

void SqliteStatement::bind(int position, std::int64_t number) {
  sqlite3_bind_int64(statement_.get(), position, number);
}

Result<bool> SqliteStatement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return Error{
      ErrorCode::storage_failed, sqlite3_errmsg(sqlite3_db_handle(statement_.get())), {}, {}};
}

void SqliteStatement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

std::string SqliteStatement::text(int column) {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

Result<SqliteDatabase> SqliteDatabase::open_file(const std::filesystem::path& path,
                                                 SqliteMode mode) {
  const int flags = SQLITE_OPEN_NOMUTEX |
                    (mode == SqliteMode::read_only ? SQLITE_OPEN_READONLY
                                                   : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  SqliteDatabase database(handle);
  if (code != SQLITE_OK) {
    return Error{ErrorCode::storage_failed, path.string() + ": " + sqlite3_errstr(code), {}, {}};
  }
  sqlite3_busy_timeout(handle, 5'000);
  return database;
}

Result<SqliteStatement> SqliteDatabase::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(
      database_.get(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  if (code != SQLITE_OK) return failed();
  return SqliteStatement(statement);
}

Result<void> SqliteDatabase::run(const std::string& sql) {
  if (sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    return failed();
  return {};
}

Error SqliteDatabase::failed() const {
  return {ErrorCode::storage_failed, sqlite3_errmsg(database_.get()), {}, {}};
}

}  // namespace parlance::storage
