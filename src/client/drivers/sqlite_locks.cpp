#include "client/drivers/sqlite_locks.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

namespace lockkeeper::client::sqlite {
namespace {

std::int64_t next_number() noexcept {
  static std::atomic<std::int64_t> last{0};
  return --last;
}

}  // namespace

struct LockShare::Book {
  std::mutex mutex;
  std::vector<const LockShare*> shares;
};

LockShare::Book& LockShare::book() {
  static auto* book = new Book;  // Outlives every connection, static ones too.
  return *book;
}

LockShare::LockShare(std::string file, std::shared_ptr<Interruption> interruption)
    : number_(next_number()), file_(std::move(file)), interruption_(std::move(interruption)) {
  if (file_.empty()) return;
  const std::lock_guard lock(book().mutex);
  book().shares.push_back(this);
}

LockShare::~LockShare() {
  if (file_.empty()) return;
  const std::lock_guard lock(book().mutex);
  std::erase(book().shares, this);
}

// Who has the lock and waits as well, waits for readers (without a WAL), of which we know nothing.
std::vector<LockWait> LockShare::waits_among(std::span<const std::int64_t> waiters) {
  std::vector<LockWait> waits;
  const std::lock_guard lock(book().mutex);
  for (const LockShare* waiter : book().shares) {
    if (!waiter->interruption_->is_waiting() || waiter->writes_.load() || !waiter->is_trusted_.load()) continue;
    if (std::ranges::find(waiters, waiter->number_) == waiters.end()) continue;
    for (const LockShare* holder : book().shares) {
      if (holder != waiter && holder->holds(waiter->file_)) waits.push_back({waiter->number_, holder->number_});
    }
  }
  return waits;
}

}  // namespace lockkeeper::client::sqlite
