#include "collect/postgres/rows.hpp"

#include <fmt/format.h>

#include <array>
#include <span>

#include "collect/cells.hpp"
#include "collect/postgres/queries.hpp"

namespace lockkeeper::collect::postgres {
namespace {

class PostgresCells : public Cells {
 public:
  using Cells::Cells;

  bool boolean() {
    const auto cell = view().value_or("f");
    if (cell != "t" && cell != "f") surprised("t or f", cell);
    return cell == "t";
  }
  model::WallTime time() { return maybe_time().value_or(model::WallTime{}); }

  // "{1,2,3}": arrays of plain words, which need no quoting.
  std::optional<std::vector<std::string>> maybe_array() {
    const auto cell = view();
    if (!cell) return std::nullopt;
    if (cell->size() < 2 || cell->front() != '{' || cell->back() != '}') surprised("an array", *cell);
    std::vector<std::string> result;
    std::string_view rest = cell->substr(1, cell->size() - 2);
    while (!rest.empty()) {
      const auto comma = rest.find(',');
      result.emplace_back(rest.substr(0, comma));
      rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
    }
    return result;
  }
  std::optional<std::vector<std::int64_t>> maybe_integers() {
    const auto words = maybe_array();
    if (!words) return std::nullopt;
    std::vector<std::int64_t> result;
    result.reserve(words->size());
    for (const auto& word : *words) result.push_back(to_integer(word));
    return result;
  }
};

// An answer to each question, each as wide as its SELECT list.
void expect_columns(const std::vector<Rows>& answers, std::span<const std::size_t> columns) {
  if (answers.size() != columns.size()) {
    surprised("an answer to each question", fmt::format("{} answers", answers.size()));
  }
  for (std::size_t answer = 0; answer < answers.size(); ++answer) {
    const auto got = answers[answer].columns().size();
    if (got != columns[answer]) surprised(fmt::format("{} columns", columns[answer]), fmt::format("{}", got));
  }
}

void expect_one_row(const Rows& rows, std::string_view of) {
  if (rows.size() != 1) surprised(fmt::format("one row of {}", of), fmt::format("{} rows", rows.size()));
}

FactsRow read_facts(const Rows& rows) {
  expect_one_row(rows, "facts");
  PostgresCells cells(rows, 0);
  FactsRow row;
  row.now = cells.time();
  row.started_at = cells.time();
  row.in_recovery = cells.boolean();
  row.max_connections = cells.integer();
  row.superuser_reserved = cells.integer();
  row.reserved = cells.integer();
  row.freeze_max_age = cells.integer();
  row.query_size = cells.integer();
  row.role = cells.text();
  row.superuser_oids = cells.maybe_integers().value_or(std::vector<std::int64_t>{});
  return row;
}

ActivityRow read_activity(PostgresCells cells) {
  ActivityRow row;
  row.pid = cells.integer();
  row.backend_start = cells.maybe_time();
  row.leader_pid = cells.maybe_integer();
  row.backend_type = cells.maybe_text();
  row.database = cells.text();
  row.user_oid = cells.maybe_integer();
  row.user = cells.text();
  row.application = cells.text();
  row.client_address = cells.maybe_text();
  row.client_port = cells.maybe_integer();
  row.xact_start = cells.maybe_time();
  row.query_start = cells.maybe_time();
  row.state_change = cells.maybe_time();
  row.state = cells.maybe_text();
  row.wait_event_type = cells.maybe_text();
  row.wait_event = cells.maybe_text();
  row.xid_age = cells.maybe_integer();
  row.xmin_age = cells.maybe_integer();
  row.query_id = cells.maybe_text();
  row.query = cells.maybe_text();
  return row;
}

// What a glance lists of a session; the rest it does not ask for.
ActivityRow read_glimpse(PostgresCells cells) {
  ActivityRow row;
  row.pid = cells.integer();
  row.backend_type = cells.maybe_text();
  row.database = cells.text();
  row.user = cells.text();
  row.application = cells.text();
  row.state = cells.maybe_text();
  row.state_change = cells.maybe_time();
  row.xact_start = cells.maybe_time();
  row.xid_age = cells.maybe_integer();
  row.xmin_age = cells.maybe_integer();
  row.query = cells.maybe_text();
  return row;
}

// The address columns of pg_locks: which of them are filled depends on the kind (PostgreSQL manual, 54.12 pg_locks).
struct LockAddress {
  std::string kind;
  std::array<std::string, 9> columns;  // database relation page tuple virtualxid transactionid classid objid objsubid
};

std::string name_lock(const LockAddress& address, std::string_view relation_name, std::string_view database_name) {
  const auto& [database, relation, page, tuple, virtual_xid, xid, class_id, object_id, object_sub_id] = address.columns;
  const std::string elsewhere = database_name.empty() ? "" : fmt::format(" in database {}", database_name);
  std::string table =
      relation_name.empty() ? fmt::format("relation {}{}", relation, elsewhere) : std::string(relation_name);
  if (address.kind == "relation") return table;
  if (address.kind == "tuple") return "a row of " + table;
  if (address.kind == "page" || address.kind == "extend") return fmt::format("{} of {}", address.kind, table);
  if (address.kind == "transactionid") return "transaction " + xid;
  if (address.kind == "virtualxid") return "virtual transaction " + virtual_xid;
  if (address.kind == "advisory") {
    // objsubid 1: one 64-bit key, its halves in classid and objid; 2: two 32-bit keys.
    // The view shows each half without its sign, which the caller's key may have had.
    const auto high = static_cast<std::uint32_t>(to_integer(class_id));
    const auto low = static_cast<std::uint32_t>(to_integer(object_id));
    if (object_sub_id == "2")
      return fmt::format("advisory ({}, {})", static_cast<std::int32_t>(high), static_cast<std::int32_t>(low));
    return fmt::format("advisory {}", static_cast<std::int64_t>(std::uint64_t{high} << 32U | low));
  }
  return fmt::format("{} {}/{}", address.kind, class_id, object_id);
}

struct LockOrWait {
  LockRow lock;
  std::optional<std::int64_t> waiter;
  std::optional<model::WallTime> since;
  std::int64_t place = 0;
  std::vector<std::int64_t> pids;
  std::vector<std::string> prepared;
  std::optional<std::vector<std::int64_t>> blocked_by;
};

LockOrWait read_lock(PostgresCells cells) {
  LockOrWait row;
  LockAddress address;
  address.kind = row.lock.kind = cells.text();
  for (auto& column : address.columns) column = cells.text();
  row.lock.mode = cells.text();
  row.waiter = cells.maybe_integer();
  row.since = cells.maybe_time();
  row.place = cells.integer();
  row.pids = cells.maybe_integers().value_or(std::vector<std::int64_t>{});
  row.prepared = cells.maybe_array().value_or(std::vector<std::string>{});
  row.blocked_by = cells.maybe_integers();
  const std::string relation_name = cells.text();
  const std::string database_name = cells.text();
  row.lock.key = fmt::format("{}:{}", address.kind, fmt::join(address.columns, ":"));
  row.lock.target = name_lock(address, relation_name, database_name);
  if (address.kind == "transactionid") row.lock.xid = to_integer(address.columns[5]);
  return row;
}

void read_locks(const Rows& rows, LookRows& look) {
  for (std::size_t index = 0; index < rows.size(); ++index) {
    LockOrWait row = read_lock(PostgresCells(rows, index));
    if (row.waiter) {
      look.waiting.push_back({std::move(row.lock), *row.waiter, row.place, row.since, std::move(row.blocked_by)});
    } else {
      look.held.push_back({std::move(row.lock), std::move(row.pids), std::move(row.prepared)});
    }
  }
}

PreparedRow read_prepared(PostgresCells cells) {
  PreparedRow row;
  row.xid = cells.integer();
  row.xid_age = cells.integer();
  row.gid = cells.text();
  row.prepared_at = cells.time();
  row.owner = cells.text();
  row.database = cells.text();
  return row;
}

SlotRow read_slot(PostgresCells cells) {
  SlotRow row;
  row.name = cells.text();
  row.active = cells.boolean();
  row.xmin_age = cells.integer();
  return row;
}

}  // namespace

LookRows read_look(const std::vector<Rows>& answers) {
  // The columns of each statement's SELECT list.
  expect_columns(answers, std::array<std::size_t, look_answers>{10, 20, 19, 6, 3});
  LookRows look;
  look.facts = read_facts(answers[0]);
  look.activity.reserve(answers[1].size());
  for (std::size_t row = 0; row < answers[1].size(); ++row)
    look.activity.push_back(read_activity(PostgresCells(answers[1], row)));
  read_locks(answers[2], look);
  for (std::size_t row = 0; row < answers[3].size(); ++row)
    look.prepared.push_back(read_prepared(PostgresCells(answers[3], row)));
  for (std::size_t row = 0; row < answers[4].size(); ++row)
    look.slots.push_back(read_slot(PostgresCells(answers[4], row)));
  return look;
}

LookRows read_glance(const std::vector<Rows>& answers, const FactsRow& facts) {
  expect_columns(answers, std::array<std::size_t, glance_answers>{2, 11});
  expect_one_row(answers[0], "time");
  LookRows glance;
  glance.facts = facts;
  PostgresCells clock(answers[0], 0);
  glance.facts.now = clock.time();
  glance.facts.started_at = clock.time();
  std::int64_t unlisted = 0;
  for (std::size_t row = 0; row < answers[1].size(); ++row) {
    if (answers[1].cell(row, 0)) {
      glance.activity.push_back(read_glimpse(PostgresCells(answers[1], row)));
    } else {
      ++unlisted;
    }
  }
  glance.unlisted_clients = unlisted;
  return glance;
}

}  // namespace lockkeeper::collect::postgres
