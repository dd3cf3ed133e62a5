// A file system on which syncing the log fails when the failpoint `storage.sync_fails` says so.
//
// Threading: as the file system below it.
#pragma once

#include <rocksdb/file_system.h>

#include <memory>
#include <string>
#include <utility>

namespace parlance::storage {

class FailingSyncFileSystem : public rocksdb::FileSystemWrapper {
 public:
  explicit FailingSyncFileSystem(const std::shared_ptr<rocksdb::FileSystem>& below)
      : rocksdb::FileSystemWrapper(below) {}

  const char* Name() const override { return "parlance.FailingSyncFileSystem"; }

  rocksdb::IOStatus NewWritableFile(const std::string& path,
                                    const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override;
};

}  // namespace parlance::storage
