#include "track/postgres/server.hpp"

namespace lockkeeper::track::postgres {

bool Server::is_being_made(const Prepared& prepared, std::uint64_t not_in) const {
  const auto found = where_.find(&prepared);
  return found != where_.end() && found->second->open_in != 0 && found->second->open_in != not_in;
}

bool Server::has(const PreparedPtr& prepared) {
  const auto found = where_.find(prepared.get());
  if (found == where_.end()) return false;
  if (found->second != by_use_.begin()) by_use_.splice(by_use_.begin(), by_use_, found->second);
  return true;
}

void Server::add(const PreparedPtr& prepared, model::WallTime now, std::uint64_t batch) {
  if (where_.contains(prepared.get())) return;
  by_use_.push_front({prepared, now, batch});
  where_.emplace(prepared.get(), by_use_.begin());
}

void Server::confirm(const Prepared& prepared, std::uint64_t batch) {
  const auto found = where_.find(&prepared);
  if (found != where_.end() && found->second->open_in == batch) found->second->open_in = 0;
}

void Server::undo(const Prepared& prepared, std::uint64_t batch) {
  const auto found = where_.find(&prepared);
  if (found != where_.end() && found->second->open_in == batch) remove(prepared);
}

void Server::remove(const Prepared& prepared) {
  const auto found = where_.find(&prepared);
  if (found == where_.end()) return;
  by_use_.erase(found->second);
  where_.erase(&prepared);
}

void Server::forget(const Prepared& prepared) {
  if (where_.contains(&prepared)) forgotten_.push_back(prepared.name);
  remove(prepared);
  if (unnamed.get() == &prepared) unnamed = nullptr;
}

void Server::forget_all() noexcept {
  forgotten_.clear();
  where_.clear();
  by_use_.clear();
}

PreparedPtr Server::make_room() {
  if (by_use_.size() < most_prepared_ || by_use_.empty()) return nullptr;
  PreparedPtr oldest = by_use_.back().prepared;
  remove(*oldest);
  return oldest;
}

}  // namespace lockkeeper::track::postgres
