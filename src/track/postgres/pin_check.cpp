#include "track/postgres/pin_check.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>
#include <utility>

#include "base/utf8.hpp"

namespace lockkeeper::track::postgres {
namespace {

// Names of each kind come as SQL writes them, joined with ", ": quotes tell a comma within from one between.
// The functions behind the views: planning the views takes longer than all the rest.
// pg_depend is what DISCARD TEMP goes by; it has an index, and without temporary objects no row is read.
constexpr std::string_view question_until_parameters =
    "SELECT (SELECT pg_catalog.count(*) FROM pg_catalog.pg_listening_channels()),"
    " (SELECT pg_catalog.count(*) FROM pg_catalog.pg_lock_status() l"
    " WHERE l.locktype OPERATOR(pg_catalog.=) 'advisory'::pg_catalog.text"
    " AND l.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid()),"
    " t.tables, t.objects,"
    " (SELECT pg_catalog.count(*) FROM pg_catalog.pg_get_replication_slots() s"
    " WHERE s.temporary AND s.active_pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid()),"
    " (SELECT pg_catalog.string_agg(n.name, ', '::pg_catalog.text) FROM (SELECT pg_catalog.quote_ident(c.name) AS name"
    " FROM pg_catalog.pg_cursor() c WHERE c.is_holdable LIMIT 100) n),"
    " (SELECT pg_catalog.string_agg(n.name, ', '::pg_catalog.text) FROM (SELECT pg_catalog.quote_ident(p.name) AS name"
    " FROM pg_catalog.pg_prepared_statement() p WHERE p.from_sql LIMIT 100) n),"
    " (SELECT pg_catalog.string_agg(n.name, ', '::pg_catalog.text) FROM ((SELECT pg_catalog.quote_ident(g.name) AS name"
    " FROM pg_catalog.pg_show_all_settings() g WHERE g.source OPERATOR(pg_catalog.=) 'session'::pg_catalog.text";
constexpr std::string_view question_after_parameters =
    ") n),"
    " pg_catalog.current_setting('role'::pg_catalog.text), session_user, pg_catalog.pg_is_in_recovery()"
    " FROM (SELECT pg_catalog.count(*) FILTER (WHERE r.relkind OPERATOR(pg_catalog.=) 'r'::pg_catalog.\"char\")"
    " AS tables, pg_catalog.count(*) AS objects FROM pg_catalog.pg_depend d LEFT JOIN pg_catalog.pg_class r"
    " ON d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass"
    " AND r.oid OPERATOR(pg_catalog.=) d.objid"
    " WHERE d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_namespace'::pg_catalog.regclass"
    " AND d.refobjid OPERATOR(pg_catalog.=) pg_catalog.pg_my_temp_schema()) t";

std::optional<std::int64_t> number(std::string_view text) noexcept {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// a, "b, c", "d""e"
std::vector<std::string> names(std::string_view joined) {
  std::vector<std::string> found;
  std::string name;
  bool quoted = false;
  for (std::size_t at = 0; at < joined.size(); ++at) {
    const char c = joined[at];
    if (c == '"') quoted = !quoted;
    if (quoted || c != ',') {
      name += c;
      continue;
    }
    found.push_back(std::exchange(name, {}));
    ++at;  // the space
  }
  if (!name.empty()) found.push_back(std::move(name));
  std::ranges::sort(found);
  return found;
}

// Means the same whatever standard_conforming_strings is.
std::string literal(std::string_view text) {
  std::string result = "E'";
  for (const char c : text) result.append(c == '\'' || c == '\\' ? 2 : 1, c);
  return result + "'::pg_catalog.text";
}

// What a person can still read in a line.
constexpr std::size_t most_told = 8;

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t index = 0; index < names.size() && index < most_told; ++index) {
    text += (index == 0 ? "" : ", ") + base::printable(names[index]);
  }
  if (names.size() > most_told) text += " and " + std::to_string(names.size() - most_told) + " more";
  return text;
}

std::string counted(std::int64_t count, std::string_view one, std::string_view more) {
  return std::to_string(count) + " " + std::string(count == 1 ? one : more);
}

}  // namespace

std::string pin_check_sql(std::span<const std::string_view> excluded, std::span<const std::string> custom) {
  std::string sql(question_until_parameters);
  for (const std::string_view name : excluded) {
    sql += " AND pg_catalog.lower(g.name) OPERATOR(pg_catalog.<>) " + literal(name);
  }
  sql += " LIMIT 100)";
  std::string_view before = " UNION ALL (SELECT pg_catalog.quote_ident(c.name) FROM (VALUES (";
  for (const std::string& name : custom) {
    sql.append(before).append(literal(name));
    before = "), (";
  }
  if (!custom.empty()) {
    sql += ")) c (name) WHERE pg_catalog.current_setting(c.name, true) OPERATOR(pg_catalog.<>) ''::pg_catalog.text)";
  }
  return sql += question_after_parameters;
}

std::optional<SessionState> read_pin_check(std::span<const std::optional<std::string_view>> cells) {
  if (cells.size() != pin_check_cells) return std::nullopt;
  std::array<std::int64_t, 5> counts{};
  for (std::size_t index = 0; index < counts.size(); ++index) {
    const auto value = number(cells[index].value_or(""));
    if (!value) return std::nullopt;
    counts[index] = *value;
  }
  SessionState state;
  state.channels = counts[0];
  state.advisory_locks = counts[1];
  state.temporary_tables = counts[2];
  state.temporary_others = counts[3] - counts[2];
  state.replication_slots = counts[4];
  state.hold_cursors = names(cells[5].value_or(""));
  state.prepared = names(cells[6].value_or(""));
  state.parameters = names(cells[7].value_or(""));
  state.role = cells[8].value_or("");
  state.user = cells[9].value_or("");
  state.standby = cells[10].value_or("") == "t";
  return state;
}

std::vector<std::string> pin_reasons(const SessionState& state, const FreshSession& fresh) {
  std::vector<std::string> reasons;
  if (state.channels > 0) reasons.push_back("LISTEN on " + counted(state.channels, "channel", "channels"));
  if (state.advisory_locks > 0) {
    reasons.push_back(counted(state.advisory_locks, "session advisory lock", "session advisory locks"));
  }
  if (state.temporary_tables > 0) {
    reasons.push_back(counted(state.temporary_tables, "temporary table", "temporary tables"));
  }
  if (state.temporary_others > 0) {
    reasons.push_back(counted(state.temporary_others, "other temporary object", "other temporary objects"));
  }
  if (state.replication_slots > 0) {
    reasons.push_back(counted(state.replication_slots, "temporary replication slot", "temporary replication slots"));
  }
  if (!state.hold_cursors.empty()) {
    reasons.push_back((state.hold_cursors.size() == 1 ? "cursor " : "cursors ") + listed(state.hold_cursors) +
                      " WITH HOLD");
  }
  if (!state.prepared.empty()) reasons.push_back("PREPARE by SQL: " + listed(state.prepared));
  if (!state.parameters.empty()) reasons.push_back("SET " + listed(state.parameters));
  if (state.user != fresh.user) reasons.emplace_back("SET SESSION AUTHORIZATION");
  if (state.role != fresh.role.value_or("none")) reasons.emplace_back("SET ROLE");
  return reasons;
}

// The rights first: the rest may need them. SESSION AUTHORIZATION takes SET ROLE back, and the role that a login begins
// with too, hence RESET ROLE; RESET ALL leaves both alone. Plans are kept: they belong to the prepared statements.
std::string clean_up_sql(const SessionState* state, bool standby) {
  std::string sql =
      "SET SESSION AUTHORIZATION DEFAULT; RESET ROLE; RESET ALL; CLOSE ALL; DISCARD TEMP; DISCARD SEQUENCES; ";
  // A standby has no listeners.
  if (!standby && (state == nullptr || !state->standby)) sql += "UNLISTEN *; ";
  if (state != nullptr) {
    for (const std::string& name : state->prepared) sql += "DEALLOCATE " + name + "; ";
  }
  return sql += "SELECT pg_catalog.pg_advisory_unlock_all()";
}

}  // namespace lockkeeper::track::postgres
