#include "collect/applog/follower.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace lockkeeper::collect::applog {
namespace {

std::string told(int error) {
  switch (error) {
    case ENOENT: return "there is no such file";
    case EACCES: return "its permissions do not let us read it";
    default: return std::generic_category().message(error);
  }
}

}  // namespace

Follower::Follower(std::string path, Begin begin) : path_(std::move(path)), begin_(begin) {}

Follower::~Follower() { close(); }

void Follower::close() noexcept {
  if (file_ >= 0) ::close(file_);
  file_ = -1;
}

bool Follower::open() {
  // Non-blocking for the sake of pipes: nobody may have opened the other end.
  file_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  struct stat status{};
  if (file_ < 0 || fstat(file_, &status) != 0) {
    const int error = errno;
    trouble_ = told(error);
    if (error == ENOENT) is_first_ = false;  // what comes is whole
    close();
    return false;
  }
  if (S_ISDIR(status.st_mode)) {
    trouble_ = "it is a folder";
    close();
    return false;
  }
  trouble_.clear();
  identity_ = {status.st_dev, status.st_ino};
  is_regular_ = S_ISREG(status.st_mode);
  position_ = 0;
  history_left_ = 0;
  const bool whole = !std::exchange(is_first_, false);
  if (!is_regular_ || whole) return true;
  const off_t reach = begin_ == Begin::at_end ? 0 : static_cast<off_t>(most_history);
  position_ = std::max<off_t>(status.st_size - reach, 0);
  history_left_ = status.st_size - position_;
  if (position_ == 0) return true;
  char before = 0;
  if (pread(file_, &before, 1, position_ - 1) != 1 || before != '\n') cutter_.skip_to_next_line();
  return true;
}

bool Follower::read_some(std::size_t most_bytes, const LineCutter::Each& each) {
  std::array<char, 65'536> buffer;
  std::size_t taken = 0;
  while (taken < most_bytes) {
    const ssize_t count = is_regular_ ? pread(file_, buffer.data(), buffer.size(), position_)
                                      : ::read(file_, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno != EAGAIN) trouble_ = told(errno);
    if (count <= 0) return false;
    position_ += count;
    taken += static_cast<std::size_t>(count);
    cutter_.add(std::string_view(buffer.data(), static_cast<std::size_t>(count)), each);
    history_left_ = std::max<off_t>(history_left_ - count, 0);
  }
  return true;
}

std::optional<model::WallTime> Follower::written_at() const {
  struct stat status{};
  if (file_ < 0 || !is_regular_ || fstat(file_, &status) != 0) return std::nullopt;
  return model::WallTime(std::chrono::seconds(status.st_mtim.tv_sec) +
                         std::chrono::duration_cast<model::Duration>(std::chrono::nanoseconds(status.st_mtim.tv_nsec)));
}

bool Follower::was_replaced() const {
  struct stat status{};
  return stat(path_.c_str(), &status) == 0 && Identity{status.st_dev, status.st_ino} != identity_;
}

// Cut to nothing and begun again (copytruncate), or cut shorter: what is there now is new.
void Follower::notice_truncation(const LineCutter::Each& each) {
  struct stat status{};
  if (!is_regular_ || fstat(file_, &status) != 0 || status.st_size >= position_) return;
  cutter_.finish(each);
  position_ = 0;
  history_left_ = 0;
}

bool Follower::poll(std::size_t most_bytes, const LineCutter::Each& each) {
  if (file_ < 0 && !open()) return false;
  notice_truncation(each);
  // Asked before the last read, so that what the writer wrote before it turned to the new file is not lost.
  const bool replaced = was_replaced();
  if (read_some(most_bytes, each)) return true;
  if (!replaced) return false;
  cutter_.finish(each);
  close();
  return open();
}

}  // namespace lockkeeper::collect::applog
