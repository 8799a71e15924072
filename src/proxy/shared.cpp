#include "proxy/shared.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <utility>

namespace lockkeeper::proxy {

void FactQueue::drop_oldest(io::TimePoint now) {
  facts_.pop_front();
  if (seen_ > 0) {
    --seen_;
    return;
  }
  if (now - lost_at_ > memory) lost_ = 0;
  ++lost_;
  lost_at_ = now;
}

void FactQueue::add(std::vector<model::Fact>& facts, io::TimePoint now) {
  if (facts.empty()) return;
  {
    const base::Guard guard(mutex_);
    for (model::Fact& fact : facts) {
      fact.number = ++added_;
      facts_.push_back({now, std::move(fact)});
    }
    while (facts_.size() > most_) drop_oldest(now);
  }
  facts.clear();
}

FactQueue::Seen FactQueue::look(io::TimePoint now) {
  const base::Guard guard(mutex_);
  while (!facts_.empty() && now - facts_.front().added > memory) drop_oldest(now);
  Seen seen;
  seen.facts.reserve(facts_.size());
  for (const Entry& each : facts_) seen.facts.push_back(each.fact);
  seen_ = facts_.size();
  if (now - lost_at_ <= memory) seen.lost = lost_;
  return seen;
}

std::optional<CancelKeys::Key> CancelKeys::make(const Owner& owner, std::size_t secret_size) {
  Key key;
  key.secret.resize(secret_size);
  if (RAND_bytes(reinterpret_cast<unsigned char*>(key.secret.data()), static_cast<int>(secret_size)) != 1)
    return std::nullopt;
  const base::Guard guard(mutex_);
  do {
    last_ = (last_ + 1) & 0x7fff'ffffU;  // Clients take it for a process id.
  } while (last_ == 0 || entries_.contains(last_));
  key.pid = last_;
  entries_.emplace(key.pid, Entry{key.secret, owner});
  return key;
}

void CancelKeys::remove(std::uint32_t pid) {
  const base::Guard guard(mutex_);
  entries_.erase(pid);
}

std::optional<CancelKeys::Owner> CancelKeys::find(std::uint32_t pid, std::string_view secret) const {
  const base::Guard guard(mutex_);
  const auto found = entries_.find(pid);
  if (found == entries_.end() || found->second.secret.size() != secret.size()) return std::nullopt;
  if (CRYPTO_memcmp(found->second.secret.data(), secret.data(), secret.size()) != 0) return std::nullopt;
  return found->second.owner;
}

bool UserCounts::enter(const std::string& server, const std::string& user, std::uint32_t most) {
  const base::Guard guard(mutex_);
  std::uint32_t& count = counts_[{server, user}];
  if (most > 0 && count >= most) return false;
  ++count;
  return true;
}

void UserCounts::leave(const std::string& server, const std::string& user) {
  const base::Guard guard(mutex_);
  const auto found = counts_.find({server, user});
  if (found != counts_.end() && --found->second == 0) counts_.erase(found);
}

std::future<DumpWishes::Text> DumpWishes::add() {
  const base::Guard guard(mutex_);
  return wishes_.emplace_back().get_future();
}

bool DumpWishes::any() const {
  const base::Guard guard(mutex_);
  return !wishes_.empty();
}

void DumpWishes::grant(std::string text) {
  const auto given = std::make_shared<const std::string>(std::move(text));
  std::vector<std::promise<Text>> wishes;
  {
    const base::Guard guard(mutex_);
    wishes.swap(wishes_);
  }
  for (auto& each : wishes) each.set_value(given);
}

}  // namespace lockkeeper::proxy
