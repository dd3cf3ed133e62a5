#include "runtime/base/failpoint.hpp"
#include "storage/forgetful_file_system.hpp"
#include "storage/record_codec.hpp"
#include "tests/storage/journal_fixture.hpp"

#include <functional>
#include <mutex>

using namespace parlance;
using namespace parlance::storage;
using namespace parlance::storage::testing;

namespace {

constexpr const char* every_failpoint[] = {"journal.before_write",
                                           "journal.after_write",
                                           "journal.write_fails",
                                           "mutant.skip_sync",
                                           "storage.sync_fails",
                                           "storage.unsynced_in_memory"};

// Armed while no journal runs; disarmed after the journal is gone.
class Faults : public JournalFixture {
 public:
  ~Faults() {
    journal.reset();
    disarm();
  }

  static void arm(const std::string& list) { REQUIRE(arm_failpoints(list)); }

  static void disarm() {
    for (const std::string name : every_failpoint)
      static_cast<void>(arm_failpoints(name + "=fire@1*0"));
  }

  // Starts the journal with a watcher that starts it again whenever it dies.
  void start_watched() {
    auto store = RocksJournal::open_store(options, metrics, clock);
    REQUIRE(store);
    journal = std::move(*store);
    begin();
  }

  int deaths = 0;

 private:
  void begin() {
    journal->start([this](const std::string&) {
      ++deaths;
      restarter_ = std::async(std::launch::async, [this] { begin(); });
    });
  }

  std::future<void> restarter_;
};

Head head_of(std::vector<std::uint64_t> unfinished = {1}) {
  Head head;
  head.incarnation = 7;
  head.unfinished_seqs = std::move(unfinished);
  return head;
}

// Two appends and a read of what they left.
void append_two_and_check(Faults& journal) {
  const auto owner = journal.opened(thread("t"));
  CHECK(journal.append(thread("t"), owner.epoch, 0, {accepted(1)}, head_of()) ==
        AppendOutcome::committed);
  CHECK(journal.append(thread("t"), owner.epoch, 1, {delta(1, "a")}) == AppendOutcome::committed);
  CHECK(seqs(*journal.read(thread("t"))) == std::vector<std::uint64_t>{1, 2});
}

}  // namespace

TEST_CASE_METHOD(Faults, "an exception before the write loses nothing: the next start writes it") {
  if (!failpoints_compiled_in()) return;
  arm("journal.before_write=throw@2");
  start_watched();
  append_two_and_check(*this);
  journal.reset();
  CHECK(deaths == 1);
  disarm();
  start_watched();
  CHECK(opened(thread("t")).seq == 2);
}

TEST_CASE_METHOD(Faults,
                 "an exception after the write writes nothing twice: the next start answers") {
  if (!failpoints_compiled_in()) return;
  arm("journal.after_write=throw@2");
  start_watched();
  append_two_and_check(*this);
  journal.reset();
  CHECK(deaths == 1);
  CHECK(registry.text().find("parlance_journal_records_total 2\n") != std::string::npos);
}

TEST_CASE_METHOD(Faults,
                 "a journal that is ended while its writer is dead still writes and answers") {
  if (!failpoints_compiled_in()) return;
  start();
  const auto owner = opened(thread("t"));
  journal.reset();
  arm("journal.before_write=throw");
  start();
  const auto again = opened(thread("t"));
  std::promise<AppendOutcome> answer;
  journal->append(make(thread("t"), again.epoch, 0, {accepted(1)}, head_of()),
                  [&](AppendOutcome outcome) { answer.set_value(outcome); });
  CHECK(died.get_future().get().find("journal.before_write") != std::string::npos);
  journal.reset();
  CHECK(answer.get_future().get() == AppendOutcome::committed);
}

TEST_CASE_METHOD(Faults, "after a failed write everything fails, and that is told once") {
  if (!failpoints_compiled_in()) return;
  std::vector<std::string> told;
  std::promise<void> told_once;
  options.on_write_failure = [&](const std::string& reason) {
    told.push_back(reason);
    if (told.size() == 1) told_once.set_value();
  };
  SECTION("of the database") {
    arm("journal.write_fails=fire@2");
  }
  SECTION("of a sync") {
    arm("storage.sync_fails=fire@2+");
  }
  start();
  const auto owner = opened(thread("t"));
  const auto other = opened(thread("u"));
  REQUIRE(append(thread("t"), owner.epoch, 0, {accepted(1)}, head_of()) ==
          AppendOutcome::committed);
  CHECK(journal->writable());
  CHECK(append(thread("t"), owner.epoch, 1, {delta(1, "a")}) == AppendOutcome::failed);
  CHECK_FALSE(journal->writable());
  CHECK(append(thread("t"), owner.epoch, 1, {delta(1, "a")}) == AppendOutcome::failed);
  CHECK(append(thread("u"), other.epoch, 0, {accepted(1)}, head_of()) == AppendOutcome::failed);
  const auto erased = erase(thread("t"), owner.epoch);
  REQUIRE_FALSE(erased);
  CHECK(erased.error().code == ErrorCode::storage_failed);
  const auto opening = open(thread("v"));
  REQUIRE_FALSE(opening);
  CHECK(opening.error().code == ErrorCode::storage_failed);
  told_once.get_future().wait();

  // Whatever is on disk, the restart is consistent: the record that failed may be there or not.
  journal.reset();
  CHECK(told.size() == 1);
  disarm();
  start();
  const auto again = opened(thread("t"));
  CHECK(again.seq >= 1);
  CHECK(again.seq <= 2);
  CHECK(append(thread("t"), again.epoch, again.seq, {delta(1, "b")}) == AppendOutcome::committed);
}

TEST_CASE_METHOD(Faults, "what was committed outlives the loss of everything that was not synced") {
  if (!failpoints_compiled_in()) return;
  arm("storage.unsynced_in_memory=fire");
  start();
  const auto owner = opened(thread("t"));
  REQUIRE(append(thread("t"), owner.epoch, 0, {accepted(1)}, head_of()) ==
          AppendOutcome::committed);
  restart();
  CHECK(opened(thread("t")).seq == 1);
}

TEST_CASE_METHOD(Faults,
                 "a journal that skips the sync is caught by the loss of what was not synced") {
  if (!failpoints_compiled_in()) return;
  arm("storage.unsynced_in_memory=fire,mutant.skip_sync=fire@1+");
  start();
  const auto owner = opened(thread("t"));
  REQUIRE(append(thread("t"), owner.epoch, 0, {accepted(1)}, head_of()) ==
          AppendOutcome::committed);
  CHECK(seqs(*read(thread("t"))) == std::vector<std::uint64_t>{1});
  restart();
  CHECK_FALSE(opened(thread("t")).head);
}

TEST_CASE_METHOD(Faults, "an erasure that nobody waits for is synced with the next write") {
  if (!failpoints_compiled_in()) return;
  arm("storage.unsynced_in_memory=fire");
  start();
  finish_turn(thread("t"));
  const auto erase_unsynced = [&] {
    journal->erase(thread("t"), opened(thread("t")).epoch, Undelivered::kept, nullptr);
    CHECK_FALSE(opened(thread("t")).head);  // for all who live
  };
  erase_unsynced();
  restart();
  CHECK(opened(thread("t")).seq == 3);
  erase_unsynced();
  finish_turn(thread("other"));
  restart();
  CHECK_FALSE(opened(thread("t")).head);
}

TEST_CASE_METHOD(Faults, "compactions and flushes work on the forgetful file system") {
  if (!failpoints_compiled_in()) return;
  arm("storage.unsynced_in_memory=fire");
  start();
  for (int i = 0; i < 50; ++i)
    finish_turn(thread("t" + std::to_string(i)), 7, i % 2 == 0 ? 1'000 : 0);
  clock.now_ms += 60'000;
  REQUIRE(journal->sweep());
  finish_turn(thread("after"));
  restart();
  CHECK(opened(thread("t1")).seq == 3);
  CHECK_FALSE(opened(thread("t2")).head);
  CHECK(opened(thread("after")).seq == 3);
}

TEST_CASE("the forgetful file system keeps unsynced bytes off the disk and shows them to readers") {
  using namespace rocksdb;
  const TempFolder folder;
  const std::string path = (folder.path() / "file").string();
  ForgetfulFileSystem files(FileSystem::Default());
  const auto on_disk = [&] { return std::filesystem::file_size(path); };
  const auto visible = [&](uint64_t offset) {
    std::unique_ptr<FSRandomAccessFile> reader;
    REQUIRE(files.NewRandomAccessFile(path, FileOptions(), &reader, nullptr).ok());
    char scratch[64];
    Slice result;
    REQUIRE(reader->Read(offset, sizeof scratch, IOOptions(), &result, scratch, nullptr).ok());
    return result.ToString();
  };
  std::unique_ptr<FSWritableFile> file;
  REQUIRE(files.NewWritableFile(path, FileOptions(), &file, nullptr).ok());
  REQUIRE(file->Append("synced ", IOOptions(), nullptr).ok());
  REQUIRE(file->Sync(IOOptions(), nullptr).ok());
  REQUIRE(file->Append("not synced", IOOptions(), nullptr).ok());
  REQUIRE(file->Flush(IOOptions(), nullptr).ok());
  REQUIRE(file->RangeSync(0, 17, IOOptions(), nullptr).ok());
  CHECK(on_disk() == 7);
  CHECK(visible(0) == "synced not synced");
  CHECK(visible(3) == "ced not synced");
  CHECK(visible(9) == "t synced");
  CHECK(file->GetFileSize(IOOptions(), nullptr) == 17);

  REQUIRE(file->Close(IOOptions(), nullptr).ok());
  file.reset();
  CHECK(on_disk() == 7);
  CHECK(visible(0) == "synced not synced");
  uint64_t size = 0;
  REQUIRE(files.GetFileSize(path, IOOptions(), &size, nullptr).ok());
  CHECK(size == 17);
  std::unique_ptr<FSSequentialFile> in_order;
  REQUIRE(files.NewSequentialFile(path, FileOptions(), &in_order, nullptr).ok());
  REQUIRE(in_order->Skip(4).ok());
  char scratch[64];
  Slice result;
  REQUIRE(in_order->Read(6, IOOptions(), &result, scratch, nullptr).ok());
  CHECK(result.ToString() == "ed not");

  const std::string moved = path + ".moved";
  REQUIRE(files.RenameFile(path, moved, IOOptions(), nullptr).ok());
  REQUIRE(files.GetFileSize(moved, IOOptions(), &size, nullptr).ok());
  CHECK(size == 17);
  CHECK(std::filesystem::file_size(moved) == 7);
}
