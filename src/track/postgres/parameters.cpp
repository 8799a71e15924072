#include "track/postgres/parameters.hpp"

#include <algorithm>
#include <array>
#include <atomic>

namespace lockkeeper::track::postgres {
namespace {

std::uint64_t new_number() noexcept {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

}  // namespace

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

void Parameters::set(std::string_view name, std::string_view value) {
  const auto found = values_.find(name);
  if (found == values_.end()) {
    values_.emplace(name, value);
  } else if (found->second != value) {
    found->second = value;
  } else {
    return;
  }
  if (follows_client(name)) equal_ = 0;
}

std::vector<std::pair<std::string_view, std::string_view>> Parameters::missing_on(Parameters& server) {
  if (equal_ != 0 && equal_ == server.equal_) return {};
  std::vector<std::pair<std::string_view, std::string_view>> missing;
  std::size_t ours = 0;
  std::size_t shared = 0;
  for (const auto& [name, value] : values_) {
    if (!follows_client(name)) continue;
    ++ours;
    const auto there = server.find(name);
    if (there == server.end()) continue;
    ++shared;
    if (there->second != value) missing.emplace_back(name, value);
  }
  const auto theirs = std::ranges::count_if(server, [](const auto& each) { return follows_client(each.first); });
  if (missing.empty() && ours == shared && ours == static_cast<std::size_t>(theirs)) {
    if (server.equal_ == 0) server.equal_ = equal_ == 0 ? new_number() : equal_;
    equal_ = server.equal_;
  }
  return missing;
}

}  // namespace lockkeeper::track::postgres
