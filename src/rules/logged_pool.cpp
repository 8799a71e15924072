#include "rules/logged_pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "base/stable_sort.hpp"
#include "rules/wording.hpp"

namespace lockkeeper::rules {
namespace {

using model::ComplaintKind;
using model::PoolComplaint;

/// A pool of one connection fits every session that is alone.
constexpr std::int64_t least_telling_size = 2;
constexpr std::size_t most_places = 6;

bool is_failure(const PoolComplaint& told) {
  return told.kind == ComplaintKind::timed_out || told.kind == ComplaintKind::refused;
}

// HikariCP says the same where the server gives it no connection: then the pool is not full, but empty or has room.
bool was_exhausted(const PoolComplaint& told) {
  if (told.idle.value_or(0) > 0) return false;
  if (told.limit && told.total && *told.total < *told.limit) return false;
  return told.total.value_or(1) > 0 && told.active.value_or(0) >= told.total.value_or(0);
}

FailedRequest failed_request(const PoolComplaint& told, model::Duration offset) {
  FailedRequest request{&told, told.at + offset, std::nullopt};
  if (told.waited) request.asked_at = request.at - *told.waited;
  return request;
}

std::vector<PoolSessions> groups_of(const model::Snapshot& snapshot) {
  std::map<SessionGroup, std::vector<const model::Session*>> groups;
  for (const auto& session : snapshot.sessions) {
    if (session.kind == model::SessionKind::client) groups[group_of(session)].push_back(&session);
  }
  std::vector<PoolSessions> result;
  for (auto& [group, sessions] : groups) {
    std::ranges::sort(sessions, {},
                      [](const auto* session) { return std::tuple(session->state_changed_at, session->id); });
    result.push_back({group, std::move(sessions), {}});
  }
  return result;
}

void add_sights(std::vector<PoolSessions>& groups, const Look& look, model::WallTime time) {
  for (PoolSessions& each : groups) {
    each.then = look.pools->sight(each.group, time).value_or(GroupSight{});
    if (each.then.sessions > 0) continue;
    each.then.sessions = std::ssize(each.sessions);
    each.then.idle = std::ranges::count(each.sessions, model::SessionState::idle, &model::Session::state);
  }
}

bool fits(const PoolSessions& each, std::int64_t size) {
  return each.then.sessions == size || std::ssize(each.sessions) == size;
}

void keep_if(std::vector<PoolSessions>& groups, const auto& wanted) {
  std::erase_if(groups, [&](const PoolSessions& each) { return !wanted(each); });
}

// Where the user named the application, the name decides, and the number among several of that name.
void find_sessions(LoggedPool& pool, const Look& look) {
  auto groups = groups_of(look.snapshot);
  add_sights(groups, look, pool.failed.back().at);
  const PoolComplaint& told = *pool.last;
  keep_if(groups, [&](const PoolSessions& each) {
    return (told.database.empty() || each.group.database == told.database) &&
           (told.user.empty() || each.group.user == told.user);
  });
  auto named = groups;
  keep_if(named, [&](const PoolSessions& each) { return each.group.application == told.application; });
  const bool is_named = !told.application.empty() && !named.empty();
  if (is_named) groups = std::move(named);
  const auto size = pool.size();
  auto fitting = groups;
  if (size) keep_if(fitting, [&](const PoolSessions& each) { return fits(each, *size); });
  if (size && !fitting.empty()) groups = fitting;
  // What has another name than it should is at most presumed: then the number is all that speaks for it.
  const bool is_unnamed = told.application.empty();
  const bool counts = is_unnamed && size && fitting.size() == 1 && *size >= least_telling_size;
  if (!is_named && (size ? fitting.empty() : !is_unnamed)) groups.clear();
  // With neither name nor number, whose connections are all in use could be it.
  if (!is_named && !size) keep_if(groups, [](const PoolSessions& each) { return each.then.idle == 0; });
  const bool alone = groups.size() == 1;
  const bool known =
      alone && told.time != model::ComplaintTime::unknown && (is_named ? !size || !fitting.empty() : counts);
  pool.ownership = known ? Ownership::known : alone ? Ownership::presumed : Ownership::unknown;
  pool.candidates = std::move(groups);
}

std::vector<const SilentTime*> silent_at(const PoolSessions& own, const Look& look, model::WallTime from,
                                         model::WallTime to, const Limits& limits) {
  auto silent = look.pools->silent(own.group);
  std::erase_if(
      silent, [&](const SilentTime* each) { return each->since > to || each->last_seen < from - limits.log_release; });
  return silent;
}

// The earliest time at which the request may have asked. A line without a time is read up to a look after it was
// written.
model::WallTime earliest(const FailedRequest& request, const Limits& limits) {
  const bool is_late = request.told->time != model::ComplaintTime::line;
  return *request.asked_at - limits.log_tolerance - (is_late ? limits.log_release : model::Duration::zero());
}

// Of those that fell silent as a request began, one for each request: both in order, so the first that fits.
std::vector<const SilentTime*> match(std::vector<FailedRequest> failed, const std::vector<const SilentTime*>& silent,
                                     const Limits& limits) {
  std::vector<const SilentTime*> matched;
  auto next = silent.begin();
  std::ranges::sort(failed, {}, &FailedRequest::asked_at);
  for (const FailedRequest& request : failed) {
    while (next != silent.end() && (*next)->since < earliest(request, limits)) ++next;
    if (next == silent.end()) break;
    if ((*next)->since <= *request.asked_at + limits.log_tolerance) matched.push_back(*next++);
  }
  return matched;
}

WaitRound round_of(const LoggedPool& pool, std::vector<FailedRequest> failed, const Look& look, const Limits& limits) {
  WaitRound round;
  const FailedRequest& first_asked = std::ranges::min(failed, {}, &FailedRequest::asked_at);
  round.began = *first_asked.asked_at;
  const model::WallTime from = earliest(first_asked, limits);
  const model::WallTime first = failed.front().at;
  const model::WallTime last = failed.back().at;
  const auto silent = silent_at(*pool.own(), look, first, last, limits);
  round.silent_before = std::ranges::count_if(silent, [&](const SilentTime* each) { return each->since < from; });
  round.holders = match(failed, silent, limits);
  round.matched = std::ssize(round.holders);
  // Requests that had not failed yet were counted as waiting; they began in this round too.
  std::int64_t others = 0;
  for (const FailedRequest& request : failed) others = std::max(others, request.told->waiting.value_or(0));
  others += 1 - std::ssize(failed);
  for (const SilentTime* each : silent) {
    if (others <= 0) break;
    if (each->since < from || std::ranges::count(round.holders, each) > 0) continue;
    round.holders.push_back(each);
    --others;
  }
  round.size = pool.size().value_or(pool.own()->then.sessions);
  round.released = look.snapshot.taken_at > last && std::ranges::all_of(round.holders, [&](const SilentTime* each) {
                     return each->last_seen < look.snapshot.taken_at && each->last_seen <= last + limits.log_release;
                   });
  round.failed = std::move(failed);
  return round;
}

}  // namespace

std::optional<std::int64_t> LoggedPool::size() const {
  for (auto request = failed.rbegin(); request != failed.rend(); ++request) {
    if (request->told->total) return request->told->total;
    if (request->told->limit) return request->told->limit;
  }
  return std::nullopt;
}

std::int64_t LoggedPool::waiting() const {
  std::int64_t most = 0;
  for (const FailedRequest& request : failed) most = std::max(most, request.told->waiting.value_or(0));
  return most;
}

std::string LoggedPool::name() const {
  std::string name = last->pool.empty() || last->library == model::PoolLibrary::sqlalchemy
                         ? fmt::format("the {} pool", to_string(last->library))
                         : fmt::format("pool {}", last->pool);
  if (!last->database.empty()) name += fmt::format(" {}/{}", last->database, last->user);
  if (!last->application.empty()) return name + fmt::format(" of application \"{}\"", last->application);
  return own() != nullptr && ownership == Ownership::known && !own()->group.application.empty()
             ? name + fmt::format(" of application \"{}\"", own()->group.application)
             : name;
}

std::vector<std::string> LoggedPool::identity(const Look& look) const {
  return {look.snapshot.server.name,
          "log",
          last->application.empty() ? last->file : last->application,
          std::string(to_string(last->library)),
          last->pool,
          last->database,
          last->user};
}

const PoolSessions* LoggedPool::own() const { return ownership == Ownership::unknown ? nullptr : &candidates.front(); }

std::vector<LoggedPool> logged_pools(const Look& look, const Limits& limits) {
  if (look.app_log == nullptr) return {};
  const model::Duration offset = look.snapshot.taken_at - look.app_log->taken_at;
  using Key = std::tuple<std::string, std::string, model::PoolLibrary, std::string, std::string, std::string>;
  std::map<Key, LoggedPool> pools;
  for (const PoolComplaint& told : look.app_log->complaints) {
    if (!is_failure(told) || !was_exhausted(told)) continue;
    const FailedRequest request = failed_request(told, offset);
    const auto age = look.snapshot.taken_at - request.at;
    if (age > limits.logged_lately || age < -limits.log_tolerance) continue;
    LoggedPool& pool = pools[{told.application, told.file, told.library, told.pool, told.database, told.user}];
    pool.failed.push_back(request);
    pool.last = &told;
  }
  std::vector<LoggedPool> result;
  for (auto& [key, pool] : pools) {
    base::stable_sort(pool.failed, {}, &FailedRequest::at);
    pool.last = pool.failed.back().told;
    find_sessions(pool, look);
    for (const auto* leak : open_leaks(*look.app_log, pool.last->application)) {
      if (leak->file == pool.last->file) pool.leaks.push_back(leak);
    }
    // What is told to several servers is another one's, unless it fits sessions here.
    if (look.app_log->is_shared && pool.candidates.empty()) continue;
    result.push_back(std::move(pool));
  }
  return result;
}

std::vector<WaitRound> wait_rounds(const LoggedPool& pool, const Look& look, const Limits& limits) {
  if (pool.own() == nullptr) return {};
  std::vector<FailedRequest> left = pool.failed;
  std::erase_if(left, [](const FailedRequest& request) {
    return !request.asked_at || request.told->time == model::ComplaintTime::unknown;
  });
  std::vector<WaitRound> rounds;
  while (!left.empty()) {
    // Who had failed before the last one began to wait belongs to an earlier round.
    const auto began = *left.back().asked_at;
    std::vector<FailedRequest> earlier;
    std::vector<FailedRequest> now;
    for (const FailedRequest& request : left)
      (request.at <= began + limits.log_tolerance ? earlier : now).push_back(request);
    if (now.empty()) break;  // a wait within the tolerance tells nothing
    rounds.push_back(round_of(pool, std::move(now), look, limits));
    left = std::move(earlier);
  }
  return rounds;
}

std::vector<const PoolComplaint*> open_leaks(const model::AppLog& log, const std::string& application) {
  std::vector<const PoolComplaint*> leaks;
  for (const PoolComplaint& told : log.complaints) {
    if (told.application != application) continue;
    if (told.kind != ComplaintKind::leak && told.kind != ComplaintKind::leak_returned) continue;
    std::erase_if(leaks,
                  [&](const auto* leak) { return leak->file == told.file && leak->connection == told.connection; });
    if (told.kind == ComplaintKind::leak) leaks.push_back(&told);
  }
  return leaks;
}

void add_leaks(model::Evidence& evidence, const std::vector<const PoolComplaint*>& leaks) {
  if (leaks.empty()) return;
  evidence.items.push_back({"leak_warnings", std::ssize(leaks)});
  std::vector<std::string> places;
  for (const PoolComplaint* leak : leaks) {
    for (const std::string& frame : leak->place) {
      if (places.size() < most_places && std::ranges::find(places, frame) == places.end()) places.push_back(frame);
    }
  }
  if (!places.empty()) evidence.items.push_back({"taken_at", std::move(places)});
}

}  // namespace lockkeeper::rules
