#include "track/postgres/server.hpp"

#include <algorithm>
#include <array>

namespace lockkeeper::track::postgres {

std::span<const std::string_view> parameters_that_follow() noexcept {
  // The reported ones of PostgreSQL 13 to 18 that SET may change. search_path is reported from 18 on, and before that
  // not known to follow: Server::parameters says which a server reports.
  static constexpr std::array<std::string_view, 7> names{"application_name", "client_encoding",
                                                         "datestyle",        "default_transaction_read_only",
                                                         "intervalstyle",    "standard_conforming_strings",
                                                         "timezone"};
  return names;
}

bool follows_client(std::string_view parameter) noexcept {
  const auto same = [&](std::string_view name) {
    return std::ranges::equal(parameter, name, [](char left, char right) {
      return (left >= 'A' && left <= 'Z' ? static_cast<char>(left + ('a' - 'A')) : left) == right;
    });
  };
  return std::ranges::any_of(parameters_that_follow(), same);
}

bool Server::has(const PreparedPtr& prepared) {
  const auto found = where_.find(prepared.get());
  if (found == where_.end()) return false;
  if (found->second != by_use_.begin()) by_use_.splice(by_use_.begin(), by_use_, found->second);
  return true;
}

void Server::add(const PreparedPtr& prepared) {
  if (has(prepared)) return;
  by_use_.push_front(prepared);
  where_.emplace(prepared.get(), by_use_.begin());
}

void Server::remove(const Prepared& prepared) {
  const auto found = where_.find(&prepared);
  if (found == where_.end()) return;
  by_use_.erase(found->second);
  where_.erase(&prepared);
}

void Server::forget_all() noexcept {
  where_.clear();
  by_use_.clear();
}

PreparedPtr Server::make_room() {
  if (by_use_.size() < most_prepared_ || by_use_.empty()) return nullptr;
  PreparedPtr oldest = by_use_.back();
  remove(*oldest);
  return oldest;
}

}  // namespace lockkeeper::track::postgres
