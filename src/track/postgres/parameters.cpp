#include "track/postgres/parameters.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <utility>

#include "sql/moments.hpp"

namespace lockkeeper::track::postgres {
namespace {

std::uint64_t new_number() noexcept {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

// Parameters have no case.
bool is_one_of(std::string_view parameter, std::span<const std::string_view> names) noexcept {
  const auto same = [&](std::string_view name) { return std::ranges::equal(parameter, name, {}, lower, lower); };
  return std::ranges::any_of(names, same);
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

bool decides_reading(std::string_view parameter) noexcept { return is_one_of(parameter, sql::parameters_of_literals); }

bool follows_client(std::string_view parameter) noexcept { return is_one_of(parameter, parameters_that_follow()); }

std::string completed(std::string_view parameter, std::string_view asked, std::string_view current) {
  static constexpr std::array<std::string_view, 1> date_style{"datestyle"};
  static constexpr std::array<std::string_view, 3> styles{"iso", "postgres", "sql"};
  const std::size_t order = current.rfind(", ");
  if (order == std::string_view::npos || !is_one_of(parameter, date_style) || !is_one_of(asked, styles))
    return std::string(asked);
  return std::string(asked).append(current.substr(order));
}

std::vector<Parameters::Pair> Parameters::all() const {
  static const Values none;
  const Values& common = common_ ? *common_ : none;
  std::vector<Pair> pairs;
  pairs.reserve(common.size() + own_.size());
  auto own = own_.begin();
  for (const auto& [name, value] : common) {
    for (; own != own_.end() && own->first < name; ++own) pairs.emplace_back(*own);
    const bool is_otherwise = own != own_.end() && own->first == name;
    pairs.emplace_back(name, is_otherwise ? (own++)->second : value);
  }
  for (; own != own_.end(); ++own) pairs.emplace_back(*own);
  return pairs;
}

std::optional<std::string_view> Parameters::find(std::string_view name) const {
  if (const auto found = own_.find(name); found != own_.end()) return found->second;
  if (!common_) return std::nullopt;
  const auto found = common_->find(name);
  return found == common_->end() ? std::nullopt : std::optional<std::string_view>(found->second);
}

void Parameters::set(std::string_view name, std::string_view value) {
  // The server reports "off"; until it has, this is the client's own word, of which a part is enough.
  static constexpr std::array<std::string_view, 10> off{"off", "of", "false", "fals", "fal", "fa", "f", "no", "n", "0"};
  if (find(name) == value) return;
  if (follows_client(name)) equal_ = 0;
  if (decides_reading(name)) reading_ = nullptr;
  if (name == "standard_conforming_strings") backslashes_escape_ = is_one_of(value, off);
  const auto common = common_ ? common_->find(name) : Values::const_iterator();
  if (common_ && common != common_->end() && common->second == value) {
    own_.erase(own_.find(name));
  } else {
    own_.insert_or_assign(std::string(name), std::string(value));
  }
}

void Parameters::share() {
  static_cast<void>(reading());
  if (own_.empty()) return;
  Values values;
  for (const auto& [name, value] : all()) values.emplace(name, value);
  common_ = std::make_shared<const Values>(std::move(values));
  own_.clear();
}

const Parameters::Reading& Parameters::reading() const {
  if (reading_) return reading_;
  std::string text;
  for (const auto& [name, value] : all()) {
    if (!decides_reading(name)) continue;
    text.append(name).append(1, '\0').append(value).append(1, '\0');
  }
  reading_ = std::make_shared<const std::string>(std::move(text));
  return reading_;
}

Parameters::Reading Parameters::own_reading() {
  return std::make_shared<const std::string>("own " + std::to_string(new_number()));
}

std::vector<Parameters::Pair> Parameters::missing_on(Parameters& server) {
  if (known_equal(server)) return {};
  std::vector<Pair> missing;
  std::ptrdiff_t ours = 0;
  std::ptrdiff_t shared = 0;
  for (const auto& [name, value] : all()) {
    if (!follows_client(name)) continue;
    ++ours;
    const auto there = server.find(name);
    if (!there) continue;
    ++shared;
    if (*there != value) missing.emplace_back(name, value);
  }
  const auto theirs = std::ranges::count_if(server.all(), [](const Pair& each) { return follows_client(each.first); });
  if (missing.empty() && ours == shared && ours == theirs) {
    // The lower of two numbers: else two that were given out for the same values would last, and these be compared for
    // ever.
    const bool one_has = equal_ == 0 || server.equal_ == 0;
    const std::uint64_t number = one_has ? std::max(equal_, server.equal_) : std::min(equal_, server.equal_);
    equal_ = server.equal_ = number == 0 ? new_number() : number;
  }
  return missing;
}

}  // namespace lockkeeper::track::postgres
