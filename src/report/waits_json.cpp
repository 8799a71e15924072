#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "report/board_json.hpp"
#include "report/holder_json.hpp"
#include "report/json_values.hpp"

namespace lockkeeper::report {

namespace json = boost::json;
using namespace values;

std::string key_of(const model::Holder& holder) {
  const auto* gid = std::get_if<std::string>(&holder);
  return gid != nullptr ? "gid:" + *gid : to_string(std::get<model::SessionId>(holder));
}

namespace {

json::object holder_object(const model::Holder& holder, bool queued) {
  return {{"key", text(key_of(holder))}, {"prepared", std::holds_alternative<std::string>(holder)}, {"queued", queued}};
}

json::array keys(const std::vector<model::SessionId>& ids) {
  json::array result;
  for (const auto& id : ids) result.push_back(json::string(to_string(id)));
  return result;
}

/// Everybody who waits or is waited for, once.
std::set<model::Holder> everybody(const model::Snapshot& snapshot) {
  std::set<model::Holder> all;
  for (const auto& wait : snapshot.waits) {
    all.insert(wait.waiter);
    all.insert(wait.blocked_by.begin(), wait.blocked_by.end());
    if (wait.behind) all.insert(*wait.behind);
  }
  return all;
}

std::string title_of(const model::SessionId& id, const model::Session* session) {
  if (session == nullptr) return std::to_string(id.pid);
  const std::string& name = session->application.empty() ? session->user : session->application;
  return fmt::format("{}{}{} ({})", id.pid, name.empty() ? "" : " ", name, to_string(session->state));
}

json::object empty_node(const model::Holder& holder) {
  return {{"key", text(key_of(holder))},
          {"pid", nullptr},
          {"title", nullptr},
          {"application", nullptr},
          {"user", nullptr},
          {"database", nullptr},
          {"state", nullptr},
          {"state_changed_at", nullptr},
          {"transaction_started_at", nullptr},
          {"statement", nullptr},
          {"root", false},
          {"stuck", false},
          {"behind", nullptr},
          {"freed", nullptr}};
}

void fill(json::object& node, const model::SessionId& id, const model::Session* session) {
  node["pid"] = id.pid;
  node["title"] = text(title_of(id, session));
  if (session == nullptr) return;
  node["application"] = text(session->application);
  node["user"] = text(session->user);
  node["database"] = text(session->database);
  node["state"] = json::string(to_string(session->state));
  node["state_changed_at"] = maybe_time(session->state_changed_at);
  if (session->transaction) node["transaction_started_at"] = time(session->transaction->started_at);
  if (session->statement) node["statement"] = text(session->statement->text);
}

void fill(json::object& node, const std::string& gid, const model::Snapshot& snapshot) {
  node["title"] = text("prepared transaction " + gid);
  const auto found = std::ranges::find(snapshot.prepared, gid, &model::PreparedTransaction::gid);
  if (found == snapshot.prepared.end()) return;
  node["user"] = text(found->owner);
  node["database"] = text(found->database);
  node["state"] = json::string("prepared");
  node["state_changed_at"] = time(found->prepared_at);
}

json::object node_of(const model::Holder& holder, const model::Snapshot& snapshot) {
  json::object node = empty_node(holder);
  if (const auto* id = std::get_if<model::SessionId>(&holder)) {
    fill(node, *id, snapshot.find(*id));
  } else {
    fill(node, std::get<std::string>(holder), snapshot);
  }
  return node;
}

json::array nodes(const model::Snapshot& snapshot, std::span<const RootOf> roots,
                  const std::vector<std::vector<model::SessionId>>& rings) {
  std::map<model::Holder, const RootOf*> root_by_holder;
  for (const auto& root : roots) root_by_holder.emplace(root.holder, &root);
  std::set<model::Holder> stuck;
  for (const auto& ring : rings) stuck.insert(ring.begin(), ring.end());
  json::array result;
  for (const auto& holder : everybody(snapshot)) {
    json::object node = node_of(holder, snapshot);
    node["stuck"] = stuck.contains(holder);
    if (const auto root = root_by_holder.find(holder); root != root_by_holder.end()) {
      node["root"] = true;
      node["behind"] = root->second->behind.size();
      node["freed"] = root->second->freed.size();
    }
    result.push_back(std::move(node));
  }
  return result;
}

void add_edges(const model::Wait& wait, json::array& edges) {
  const std::string from = to_string(wait.waiter);
  const auto add = [&](const model::Holder& to, bool queued) {
    edges.push_back(json::object{{"from", json::string(from)},
                                 {"to", text(key_of(to))},
                                 {"kind", text(wait.kind)},
                                 {"target", text(wait.target)},
                                 {"mode", text(wait.mode)},
                                 {"since", maybe_time(wait.since)},
                                 {"queued", queued}});
  };
  for (const auto& holder : wait.blocked_by) add(holder, false);
  if (wait.behind) add(*wait.behind, true);
}

}  // namespace

json::array holders(const model::Wait& wait) {
  json::array result;
  for (const auto& holder : wait.blocked_by) result.push_back(holder_object(holder, false));
  if (wait.behind) result.push_back(holder_object(*wait.behind, true));
  return result;
}

json::value observed_at(const Seen& seen) {
  return seen.snapshot != nullptr ? time(seen.snapshot->taken_at) : json::value(nullptr);
}

std::string waits_json(const Seen& seen, std::span<const RootOf> roots,
                       const std::vector<std::vector<model::SessionId>>& rings) {
  json::array edges;
  json::array root_list;
  json::array ring_list;
  if (seen.snapshot != nullptr) {
    for (const auto& wait : seen.snapshot->waits) add_edges(wait, edges);
  }
  for (const auto& root : roots) {
    root_list.push_back(json::object{{"key", text(key_of(root.holder))},
                                     {"behind", keys(root.behind)},
                                     {"freed", keys(root.freed)},
                                     {"longest_wait_ms", milliseconds(root.longest_wait)}});
  }
  for (const auto& ring : rings) ring_list.push_back(keys(ring));
  return json::serialize(
      json::object{{"observed_at", observed_at(seen)},
                   {"nodes", seen.snapshot != nullptr ? nodes(*seen.snapshot, roots, rings) : json::array()},
                   {"edges", std::move(edges)},
                   {"roots", std::move(root_list)},
                   {"rings", std::move(ring_list)}});
}

}  // namespace lockkeeper::report
