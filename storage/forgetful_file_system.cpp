#include "storage/forgetful_file_system.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

namespace parlance::storage {

using rocksdb::FileOptions;
using rocksdb::FSRandomAccessFile;
using rocksdb::FSSequentialFile;
using rocksdb::FSWritableFile;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

// A file's bytes are `synced` on disk, then `unsynced` here.
struct UnsyncedFile {
  std::mutex mutex;
  uint64_t synced = 0;
  std::string unsynced;
};

namespace {

class HeldWritableFile : public FSWritableFile {
 public:
  HeldWritableFile(std::shared_ptr<UnsyncedFile> held, std::unique_ptr<FSWritableFile> below)
      : held_(std::move(held)),
        below_(std::move(below)) {}

  using FSWritableFile::Append;

  IOStatus Append(const Slice& data, const IOOptions&, IODebugContext*) override {
    const std::scoped_lock lock(held_->mutex);
    held_->unsynced.append(data.data(), data.size());
    return IOStatus::OK();
  }

  IOStatus Truncate(uint64_t size, const IOOptions& options, IODebugContext* debug) override {
    const std::scoped_lock lock(held_->mutex);
    if (size >= held_->synced) {
      held_->unsynced.resize(static_cast<std::size_t>(size - held_->synced));
      return IOStatus::OK();
    }
    held_->unsynced.clear();
    held_->synced = size;
    return below_->Truncate(size, options, debug);
  }

  IOStatus Close(const IOOptions& options, IODebugContext* debug) override {
    return below_->Close(options, debug);
  }
  IOStatus Flush(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }

  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    const std::scoped_lock lock(held_->mutex);
    auto status = write_through(options, debug);
    return status.ok() ? below_->Sync(options, debug) : status;
  }

  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    const std::scoped_lock lock(held_->mutex);
    auto status = write_through(options, debug);
    return status.ok() ? below_->Fsync(options, debug) : status;
  }

  IOStatus RangeSync(uint64_t, uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::OK();
  }
  bool IsSyncThreadSafe() const override { return true; }
  IOStatus InvalidateCache(std::size_t, std::size_t) override { return IOStatus::OK(); }

  uint64_t GetFileSize(const IOOptions&, IODebugContext*) override {
    const std::scoped_lock lock(held_->mutex);
    return held_->synced + held_->unsynced.size();
  }

 private:
  IOStatus write_through(const IOOptions& options, IODebugContext* debug) {
    if (held_->unsynced.empty()) return IOStatus::OK();
    auto status = below_->Append(held_->unsynced, options, debug);
    if (status.ok()) status = below_->Flush(options, debug);
    if (!status.ok()) return status;
    held_->synced += held_->unsynced.size();
    held_->unsynced.clear();
    return status;
  }

  const std::shared_ptr<UnsyncedFile> held_;
  const std::unique_ptr<FSWritableFile> below_;
};

class HeldRandomAccessFile : public FSRandomAccessFile {
 public:
  HeldRandomAccessFile(std::shared_ptr<UnsyncedFile> held,
                       std::unique_ptr<FSRandomAccessFile> below)
      : held_(std::move(held)),
        below_(std::move(below)) {}

  IOStatus Read(uint64_t offset,
                std::size_t count,
                const IOOptions& options,
                Slice* result,
                char* scratch,
                IODebugContext* debug) const override {
    const std::scoped_lock lock(held_->mutex);
    std::size_t done = 0;
    if (offset < held_->synced) {
      const auto wanted =
          static_cast<std::size_t>(std::min<uint64_t>(count, held_->synced - offset));
      Slice part;
      auto status = below_->Read(offset, wanted, options, &part, scratch, debug);
      if (!status.ok()) return status;
      if (part.data() != scratch) std::memmove(scratch, part.data(), part.size());
      done = part.size();
    }
    const uint64_t from = offset + done;
    if (done < count && from >= held_->synced && from - held_->synced < held_->unsynced.size()) {
      const auto start = static_cast<std::size_t>(from - held_->synced);
      done += held_->unsynced.copy(scratch + done, count - done, start);
    }
    *result = Slice(scratch, done);
    return IOStatus::OK();
  }

 private:
  const std::shared_ptr<UnsyncedFile> held_;
  const std::unique_ptr<FSRandomAccessFile> below_;
};

class HeldSequentialFile : public FSSequentialFile {
 public:
  explicit HeldSequentialFile(std::unique_ptr<FSRandomAccessFile> file) : file_(std::move(file)) {}

  IOStatus Read(std::size_t count,
                const IOOptions& options,
                Slice* result,
                char* scratch,
                IODebugContext* debug) override {
    auto status = file_->Read(offset_, count, options, result, scratch, debug);
    if (status.ok()) offset_ += result->size();
    return status;
  }

  IOStatus Skip(uint64_t count) override {
    offset_ += count;
    return IOStatus::OK();
  }

 private:
  const std::unique_ptr<FSRandomAccessFile> file_;
  uint64_t offset_ = 0;
};

}  // namespace

std::shared_ptr<UnsyncedFile> ForgetfulFileSystem::find(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  const auto found = files_.find(path);
  return found == files_.end() ? nullptr : found->second;
}

std::unique_ptr<FSWritableFile> ForgetfulFileSystem::hold(const std::string& path,
                                                          uint64_t size,
                                                          std::unique_ptr<FSWritableFile> below) {
  auto held = std::make_shared<UnsyncedFile>();
  held->synced = size;
  const std::scoped_lock lock(mutex_);
  files_[path] = held;
  return std::make_unique<HeldWritableFile>(std::move(held), std::move(below));
}

IOStatus ForgetfulFileSystem::NewWritableFile(const std::string& path,
                                              const FileOptions& options,
                                              std::unique_ptr<FSWritableFile>* file,
                                              IODebugContext* debug) {
  std::unique_ptr<FSWritableFile> below;
  auto status = target()->NewWritableFile(path, options, &below, debug);
  if (status.ok()) *file = hold(path, 0, std::move(below));
  return status;
}

IOStatus ForgetfulFileSystem::ReopenWritableFile(const std::string& path,
                                                 const FileOptions& options,
                                                 std::unique_ptr<FSWritableFile>* file,
                                                 IODebugContext* debug) {
  std::unique_ptr<FSWritableFile> below;
  uint64_t size = 0;
  if (target()->FileExists(path, options.io_options, debug).ok()) {
    auto status = target()->GetFileSize(path, options.io_options, &size, debug);
    if (!status.ok()) return status;
  }
  auto status = target()->ReopenWritableFile(path, options, &below, debug);
  if (status.ok()) *file = hold(path, size, std::move(below));
  return status;
}

IOStatus ForgetfulFileSystem::ReuseWritableFile(const std::string& path,
                                                const std::string& old_path,
                                                const FileOptions& options,
                                                std::unique_ptr<FSWritableFile>* file,
                                                IODebugContext* debug) {
  auto status = DeleteFile(old_path, options.io_options, debug);
  return status.ok() ? NewWritableFile(path, options, file, debug) : status;
}

IOStatus ForgetfulFileSystem::NewRandomAccessFile(const std::string& path,
                                                  const FileOptions& options,
                                                  std::unique_ptr<FSRandomAccessFile>* file,
                                                  IODebugContext* debug) {
  std::unique_ptr<FSRandomAccessFile> below;
  auto status = target()->NewRandomAccessFile(path, options, &below, debug);
  if (!status.ok()) return status;
  auto held = find(path);
  *file = held ? std::make_unique<HeldRandomAccessFile>(std::move(held), std::move(below))
               : std::move(below);
  return status;
}

IOStatus ForgetfulFileSystem::NewSequentialFile(const std::string& path,
                                                const FileOptions& options,
                                                std::unique_ptr<FSSequentialFile>* file,
                                                IODebugContext* debug) {
  auto held = find(path);
  if (!held) return target()->NewSequentialFile(path, options, file, debug);
  std::unique_ptr<FSRandomAccessFile> below;
  auto status = target()->NewRandomAccessFile(path, options, &below, debug);
  if (!status.ok()) return status;
  *file = std::make_unique<HeldSequentialFile>(
      std::make_unique<HeldRandomAccessFile>(std::move(held), std::move(below)));
  return status;
}

IOStatus ForgetfulFileSystem::GetFileSize(const std::string& path,
                                          const IOOptions& options,
                                          uint64_t* size,
                                          IODebugContext* debug) {
  const auto held = find(path);
  if (!held) return target()->GetFileSize(path, options, size, debug);
  const std::scoped_lock lock(held->mutex);
  *size = held->synced + held->unsynced.size();
  return IOStatus::OK();
}

IOStatus ForgetfulFileSystem::DeleteFile(const std::string& path,
                                         const IOOptions& options,
                                         IODebugContext* debug) {
  const std::scoped_lock lock(mutex_);
  files_.erase(path);
  return target()->DeleteFile(path, options, debug);
}

IOStatus ForgetfulFileSystem::RenameFile(const std::string& from,
                                         const std::string& to,
                                         const IOOptions& options,
                                         IODebugContext* debug) {
  const std::scoped_lock lock(mutex_);
  auto status = target()->RenameFile(from, to, options, debug);
  if (!status.ok()) return status;
  if (const auto found = files_.find(from); found != files_.end()) {
    files_[to] = found->second;
    files_.erase(from);
  } else {
    files_.erase(to);
  }
  return status;
}

}  // namespace parlance::storage
