#include "storage/failing_sync_file_system.hpp"

#include "runtime/base/failpoint.hpp"

namespace parlance::storage {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

class FailingSyncFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  using rocksdb::FSWritableFileOwnerWrapper::FSWritableFileOwnerWrapper;

  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    if (failpoint_fires("storage.sync_fails"))
      return IOStatus::IOError("failpoint storage.sync_fails");
    return FSWritableFileOwnerWrapper::Sync(options, debug);
  }

  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    if (failpoint_fires("storage.sync_fails"))
      return IOStatus::IOError("failpoint storage.sync_fails");
    return FSWritableFileOwnerWrapper::Fsync(options, debug);
  }
};

}  // namespace

IOStatus FailingSyncFileSystem::NewWritableFile(const std::string& path,
                                                const rocksdb::FileOptions& options,
                                                std::unique_ptr<rocksdb::FSWritableFile>* file,
                                                IODebugContext* debug) {
  std::unique_ptr<rocksdb::FSWritableFile> below;
  auto status = target()->NewWritableFile(path, options, &below, debug);
  if (!status.ok()) return status;
  if (path.ends_with(".log")) {
    *file = std::make_unique<FailingSyncFile>(std::move(below));
  } else {
    *file = std::move(below);
  }
  return status;
}

}  // namespace parlance::storage
