// A file system that forgets on kill what was not synced, as a machine does that loses its power.
//
// What is appended to a file stays in this process until Sync() or Fsync() of that file; closing
// writes nothing through, and RangeSync() counts for nothing. Readers in the process see every
// byte. For tests of what survives: the kernel's page cache would hide a missing sync from `kill
// -9`.
//
// Threading: from any thread.
//
// Bounds: holds every unsynced byte in memory.
#pragma once

#include <rocksdb/file_system.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace parlance::storage {

struct UnsyncedFile;

class ForgetfulFileSystem : public rocksdb::FileSystemWrapper {
 public:
  explicit ForgetfulFileSystem(const std::shared_ptr<rocksdb::FileSystem>& below)
      : rocksdb::FileSystemWrapper(below) {}

  const char* Name() const override { return "parlance.ForgetfulFileSystem"; }

  rocksdb::IOStatus NewWritableFile(const std::string& path,
                                    const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReopenWritableFile(const std::string& path,
                                       const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* file,
                                       rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReuseWritableFile(const std::string& path,
                                      const std::string& old_path,
                                      const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* file,
                                      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewRandomAccessFile(const std::string& path,
                                        const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
                                        rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewSequentialFile(const std::string& path,
                                      const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSSequentialFile>* file,
                                      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus GetFileSize(const std::string& path,
                                const rocksdb::IOOptions& options,
                                uint64_t* size,
                                rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& path,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from,
                               const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;

 private:
  std::shared_ptr<UnsyncedFile> find(const std::string& path);
  std::unique_ptr<rocksdb::FSWritableFile> hold(const std::string& path,
                                                uint64_t size,
                                                std::unique_ptr<rocksdb::FSWritableFile> below);

  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<UnsyncedFile>> files_;  // guarded by mutex_
};

}  // namespace parlance::storage
