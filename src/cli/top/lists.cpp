#include "cli/top/lists.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <tuple>

#include "report/text.hpp"

namespace lockkeeper::cli::top {
namespace {

using model::Duration;

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](char letter) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  });
  return text;
}

bool passes(const Row& row, const std::string& wanted) {
  if (wanted.empty()) return true;
  std::string text = pid_word(row.who) + '\n' + state_word(row) + '\n';
  if (const auto* gid = std::get_if<std::string>(&row.who)) text += *gid;
  if (row.finding != nullptr) text += row.finding->rule.value() + '\n';
  if (row.session != nullptr) {
    const model::Session& session = *row.session;
    text += session.application + '\n' + session.user + '\n' + session.database + '\n' + session.client + '\n';
    if (session.statement) text += session.statement->text;
  }
  return lower(std::move(text)).contains(wanted);
}

// Who may not be seen is not taken for idle.
bool is_idle(const Row& row) {
  return row.matter == Matter::idle && row.session != nullptr && row.session->state == model::SessionState::idle;
}

// Equal ones stay in the order of what matters.
template <class Value>
void sort_by(std::vector<const Row*>& rows, Value value) {
  std::vector<std::tuple<decltype(value(*rows.front())), std::size_t, const Row*>> keyed;
  for (std::size_t index = 0; index < rows.size(); ++index) keyed.emplace_back(value(*rows[index]), index, rows[index]);
  std::ranges::sort(keyed);
  std::ranges::transform(keyed, rows.begin(), [](const auto& entry) { return std::get<2>(entry); });
}

void sort(std::vector<const Row*>& rows, Order order, const model::Snapshot& seen) {
  const auto oldest_first = [](const std::optional<Duration>& age) { return age ? -*age : Duration(1); };
  if (rows.empty()) return;
  switch (order) {
    case Order::what_matters: return;
    case Order::transaction_age:
      return sort_by(rows, [&](const Row& row) { return oldest_first(transaction_age(row, seen)); });
    case Order::state_age: return sort_by(rows, [&](const Row& row) { return oldest_first(state_age(row, seen)); });
    case Order::blocks: return sort_by(rows, [](const Row& row) { return -row.blocks; });
    case Order::application:
      return sort_by(rows, [](const Row& row) {
        return row.session == nullptr ? std::string() : lower(row.session->application);
      });
    case Order::pid: return sort_by(rows, [](const Row& row) { return row.who; });
  }
}

std::optional<model::SessionId> session_of(const std::optional<model::Holder>& holder) {
  if (!holder) return std::nullopt;
  const auto* id = std::get_if<model::SessionId>(&*holder);
  return id == nullptr ? std::nullopt : std::optional(*id);
}

template <class Id>
std::optional<Id> at_cursor(const Cursor<Id>& cursor, const std::vector<Id>& ids) {
  const auto place = place_of(cursor, ids);
  return place ? std::optional(ids[*place]) : std::nullopt;
}

}  // namespace

SessionList sessions(const Picture& picture, const State& state) {
  SessionList list;
  const std::string wanted = lower(state.filter);
  for (const Row& row : picture.rows) {
    if (!passes(row, wanted)) {
      ++list.filtered_out;
    } else if (is_idle(row) && !state.shows_idle) {
      ++list.idle_left_out;
    } else {
      list.rows.push_back(&row);
    }
  }
  if (picture.seen() != nullptr) sort(list.rows, state.order, *picture.seen());
  return list;
}

std::vector<WaitRow> waits(const Picture& picture) {
  std::vector<WaitRow> rows;
  for (const auto& tree : picture.trees) {
    const auto drawn = report::draw(tree);
    for (std::size_t index = 0; index < tree.size(); ++index) {
      WaitRow row{std::nullopt, drawn[index].branch, drawn[index].text};
      if (tree[index].session) row.who = *tree[index].session;
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

std::string id_of(const model::ShapeSummary& shape) {
  const model::ShapeKey& key = shape.key;
  return fmt::format("{}\n{}\n{}\n{:x}\n{:x}", key.application, key.user, key.database, key.statement, key.sequence);
}

std::vector<const model::ShapeSummary*> shapes(const Picture& picture) {
  std::vector<const model::ShapeSummary*> result;
  for (const model::ShapeSummary& shape : picture.view->shapes) result.push_back(&shape);
  std::ranges::sort(result, {}, [](const model::ShapeSummary* shape) {
    const Duration oldest = shape->open.empty() ? Duration::zero() : shape->open.front().age;
    return std::tuple(-static_cast<int>(shape->verdict), -oldest, -shape->completed, id_of(*shape));
  });
  return result;
}

std::vector<model::Holder> ids_of(const SessionList& list) {
  std::vector<model::Holder> ids;
  for (const Row* row : list.rows) ids.push_back(row->who);
  return ids;
}

std::vector<model::Holder> ids_of(const std::vector<WaitRow>& rows) {
  std::vector<model::Holder> ids;
  for (std::size_t index = 0; index < rows.size(); ++index)
    ids.push_back(rows[index].who.value_or(fmt::format("\n{}", index)));
  return ids;
}

std::vector<model::FindingId> finding_ids(const Picture& picture) {
  std::vector<model::FindingId> ids;
  for (const model::Finding& finding : picture.view->diagnosis.findings) ids.push_back(finding.id);
  return ids;
}

std::vector<std::string> ids_of(const std::vector<const model::ShapeSummary*>& shapes) {
  std::vector<std::string> ids;
  for (const auto* shape : shapes) ids.push_back(id_of(*shape));
  return ids;
}

const model::Finding* chosen_finding(const Picture& picture, const State& state) {
  const auto& findings = picture.view->diagnosis.findings;
  if (findings.empty()) return nullptr;
  // One that is read does not turn into another when it goes.
  if (state.finding_is_open && state.finding.chosen) {
    const auto found = std::ranges::find(findings, *state.finding.chosen, &model::Finding::id);
    return found == findings.end() ? nullptr : &*found;
  }
  return &findings[place_of(state.finding, finding_ids(picture)).value_or(0)];
}

const Row* chosen_row(const Picture& picture, const State& state) {
  std::optional<model::Holder> who;
  switch (state.tab) {
    case Tab::sessions: who = at_cursor(state.session, ids_of(sessions(picture, state))); break;
    case Tab::waits: who = at_cursor(state.waiter, ids_of(waits(picture))); break;
    case Tab::transaction:
      if (const auto id = looked_at(picture, state)) who = *id;
      break;
    case Tab::findings:
    case Tab::shapes: break;
  }
  return who ? picture.find(*who) : nullptr;
}

std::optional<model::SessionId> looked_at(const Picture& picture, const State& state) {
  if (state.transaction) return state.transaction;
  return session_of(at_cursor(state.session, ids_of(sessions(picture, state))));
}

}  // namespace lockkeeper::cli::top
