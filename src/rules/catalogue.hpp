// All rules, in one list. Each has a page docs/rules/ID.md.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "rules/rule.hpp"

namespace lockkeeper::rules {

std::vector<model::Finding> idle_transaction(const Look& look, const Limits& limits);
std::vector<model::Finding> aborted_transaction(const Look& look, const Limits& limits);
std::vector<model::Finding> long_transaction(const Look& look, const Limits& limits);
std::vector<model::Finding> root_blocker(const Look& look, const Limits& limits);
std::vector<model::Finding> vacuum_horizon(const Look& look, const Limits& limits);
std::vector<model::Finding> orphan_prepared(const Look& look, const Limits& limits);
std::vector<model::Finding> connection_budget(const Look& look, const Limits& limits);

// Of what a recorder saw; silent without one.
std::vector<model::Finding> work_in_transaction(const Look& look, const Limits& limits);
std::vector<model::Finding> stuck_loop(const Look& look, const Limits& limits);
std::vector<model::Finding> unfinished_cursor(const Look& look, const Limits& limits);
std::vector<model::Finding> foreign_commit(const Look& look, const Limits& limits);
std::vector<model::Finding> dirty_return(const Look& look, const Limits& limits);
std::vector<model::Finding> abandoned_at_disconnect(const Look& look, const Limits& limits);
std::vector<model::Finding> held_outside_transaction(const Look& look, const Limits& limits);
std::vector<model::Finding> pool_exhausted(const Look& look, const Limits& limits);
std::vector<model::Finding> nested_connection(const Look& look, const Limits& limits);
std::vector<model::Finding> pool_deadlock(const Look& look, const Limits& limits);
std::vector<model::Finding> unknown_commit(const Look& look, const Limits& limits);

// Of what was learnt; silent where nobody learns.
std::vector<model::Finding> leaked_transaction(const Look& look, const Limits& limits);
std::vector<model::Finding> slow_holder(const Look& look, const Limits& limits);

struct CatalogueEntry {
  std::string_view id;
  Rule rule;
};

[[nodiscard]] std::span<const CatalogueEntry> catalogue();

/// The findings of every rule about this look: most severe first, then most sessions, then by id.
/// `first_seen` and `last_seen` are the look's time; who keeps older findings moves `first_seen` back.
[[nodiscard]] std::vector<model::Finding> judge(const Look& look, const Limits& limits);

}  // namespace lockkeeper::rules
