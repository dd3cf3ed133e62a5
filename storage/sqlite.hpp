// SQLite's handles with a life of their own, and its errors as values.
//
// Threading: a connection and its statements belong to one thread at a time.
#pragma once

#include "runtime/base/result.hpp"

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace parlance::storage {

enum class SqliteMode : std::uint8_t { read_only, read_write_create };

class SqliteStatement {
 public:
  explicit SqliteStatement(sqlite3_stmt* statement) : statement_(statement, &sqlite3_finalize) {}

  // Positions start at 1. The text must live until the next reset().
  void bind(int position, std::string_view text);
  void bind(int position, std::int64_t number);

  // True: a row is there; false: none are left. Errors: storage_failed.
  Result<bool> step();
  void reset();

  // Columns start at 0; valid until the next step().
  std::string text(int column);
  std::int64_t integer(int column) { return sqlite3_column_int64(statement_.get(), column); }
  double real(int column) { return sqlite3_column_double(statement_.get(), column); }

 private:
  std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement_;
};

class SqliteDatabase {
 public:
  // Errors: storage_failed, with the path.
  static Result<SqliteDatabase> open_file(const std::filesystem::path& path, SqliteMode mode);

  Result<SqliteStatement> prepare(std::string_view sql);

  // Statements that give no rows and take no values.
  Result<void> run(const std::string& sql);

 private:
  explicit SqliteDatabase(sqlite3* database) : database_(database, &sqlite3_close) {}

  Error failed() const;

  std::unique_ptr<sqlite3, int (*)(sqlite3*)> database_;
};

}  // namespace parlance::storage
