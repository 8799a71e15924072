#include "cli/top/session_columns.hpp"

#include <fmt/format.h>

#include "base/utf8.hpp"
#include "cli/top/words.hpp"

namespace lockkeeper::cli::top {
namespace {

using What = Column::What;

// The cursor, and the sign of a finding.
constexpr std::size_t margin = 2;
constexpr std::size_t least_statement = 8;

std::string_view title_of(What what) {
  switch (what) {
    case What::pid: return "PID";
    case What::application: return "APPLICATION";
    case What::user: return "USER";
    case What::database: return "DATABASE";
    case What::client: return "CLIENT";
    case What::state: return "STATE";
    case What::transaction: return "TX";
    case What::age: return "FOR";
    case What::blocks: return "BLKS";
    case What::waits_for: return "WAITS ON";
    case What::rows: return "ROWS";
    case What::finding: return "FINDING";
    case What::statement: return "STATEMENT";
  }
  return "";
}

std::optional<What> sorted_by(Order order) {
  switch (order) {
    case Order::what_matters: return std::nullopt;
    case Order::transaction_age: return What::transaction;
    case Order::state_age: return What::age;
    case Order::blocks: return What::blocks;
    case Order::application: return What::application;
    case Order::pid: return What::pid;
  }
  return std::nullopt;
}

std::string age_word(const std::optional<model::Duration>& age) { return age ? short_age(*age) : ""; }

std::string application_of(const Row& row) {
  if (row.session == nullptr) {
    const auto* gid = std::get_if<std::string>(&row.who);
    return gid != nullptr ? *gid : "";
  }
  return row.session->application.empty() ? fmt::format("({})", row.session->user) : row.session->application;
}

std::string of_session(const Row& row, What what) {
  if (row.session == nullptr) return "";
  const model::Session& session = *row.session;
  switch (what) {
    case What::user: return session.user;
    case What::database: return session.database;
    case What::client: return session.client;
    case What::statement: return session.statement ? session.statement->text : "";
    case What::rows:
      return session.transaction && session.transaction->rows_modified
                 ? std::to_string(*session.transaction->rows_modified)
                 : "";
    default: return "";
  }
}

std::string cell(const Row& row, const model::Snapshot& seen, What what) {
  switch (what) {
    case What::pid: return pid_word(row.who);
    case What::application: return application_of(row);
    case What::state: return state_word(row);
    case What::transaction: return age_word(transaction_age(row, seen));
    case What::age: return row.matter == Matter::waiting ? short_age(row.waited) : age_word(state_age(row, seen));
    case What::blocks: return row.blocks > 0 ? std::to_string(row.blocks) : "";
    case What::waits_for: return row.waits_for;
    case What::finding: return row.finding != nullptr ? row.finding->rule.value() : "";
    default: return of_session(row, what);
  }
}

Style style_of_state(const Row& row) {
  if (row.matter == Matter::root) return Style::critical;
  if (row.matter == Matter::idle) return Style::dim;
  if (row.matter == Matter::active) return Style::good;
  return row.matter == Matter::idle_in_transaction ? Style::warning : Style::bold;
}

Style style_of_cell(const Row& row, What what) {
  switch (what) {
    case What::state: return style_of_state(row);
    case What::blocks: return row.matter == Matter::root ? Style::critical : Style::plain;
    case What::finding: return row.finding != nullptr ? style_of(row.finding->severity) : Style::plain;
    case What::statement: return Style::dim;
    default: return row.matter == Matter::idle ? Style::dim : Style::plain;
  }
}

Span sign_of(const Row& row) {
  if (row.finding == nullptr) return {" ", Style::plain};
  const bool critical = row.finding->severity == model::Severity::critical;
  return {critical                                            ? "!"
          : row.finding->severity == model::Severity::warning ? "*"
                                                              : ".",
          style_of(row.finding->severity)};
}

}  // namespace

std::vector<Column> session_columns(std::size_t width, model::Engine engine) {
  const bool counts_rows = engine != model::Engine::postgres;
  std::vector<Column> columns{{What::pid, 7, true}, {What::application, width < 100 ? 13U : 18U}};
  const auto add = [&](std::size_t from_width, What what, std::size_t wide, bool is_number = false) {
    if (width >= from_width) columns.push_back({what, wide, is_number});
  };
  add(160, What::user, 10);
  add(140, What::database, 12);
  add(180, What::client, 21);
  add(0, What::state, 10);
  add(90, What::transaction, 6, true);
  add(0, What::age, 6, true);
  if (counts_rows) add(100, What::rows, 8, true);
  add(0, What::blocks, 4, true);
  add(70, What::waits_for, width < 100 ? 8 : 12);
  add(110, What::finding, 20);
  std::size_t taken = margin;
  for (const Column& column : columns) taken += column.width + 1;
  if (taken + least_statement < width) columns.push_back({What::statement, width - taken - 1});
  return columns;
}

Line session_heading(const std::vector<Column>& columns, Order order, std::size_t width) {
  std::string text(margin, ' ');
  for (const Column& column : columns) {
    std::string title(title_of(column.what));
    if (column.what == sorted_by(order))
      title.insert(column.is_number ? 0 : title.size(), column.is_number ? "v" : " v");
    text += column.is_number ? fit_right(title, column.width) : fit(title, column.width);
    text += ' ';
  }
  return bar({{std::move(text), Style::plain}}, Style::heading, width);
}

Line session_line(const Row& row, const model::Snapshot& seen, const std::vector<Column>& columns) {
  Line line{sign_of(row)};
  for (const Column& column : columns) {
    const std::string text = base::printable(cell(row, seen, column.what));
    line.push_back(
        {column.is_number ? fit_right(text, column.width) : fit(text, column.width), style_of_cell(row, column.what)});
    line.push_back({" ", Style::plain});
  }
  return line;
}

}  // namespace lockkeeper::cli::top
