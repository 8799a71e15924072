#include "client/drivers/mysql_session.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <vector>

#include "client/drivers/mysql_cursor.hpp"
#include "client/drivers/mysql_errors.hpp"

namespace lockkeeper::client::mysql {
namespace {

constexpr std::string_view identity_sql = "CONCAT_WS(' ', @@hostname, @@port, @@server_id)";

// Wrong names and values of system variables.
constexpr auto setting_errors = std::to_array<unsigned int>({1193, 1228, 1229, 1231, 1232, 1238});

Error late() { return too_late("the server did not answer", Blast::connection); }

Error fault_error(const Fault& fault) {
  Error error = statement_error(fault, {});
  error.blast = fault.is_from_server() && !fault.is_end_of_session() ? Blast::statement : Blast::connection;
  if (std::ranges::find(setting_errors, fault.number) != setting_errors.end()) error.code = ErrorCode::configuration;
  return error;
}

bool is_number(std::string_view text) {
  double ignored = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, ignored);
  return error == std::errc() && stop == end && std::isalpha(static_cast<unsigned char>(text.back())) == 0;
}

// Numeric variables refuse quoted numbers, and every other value must be quoted.
std::string value_literal(MYSQL* session, const std::string& value) {
  if (is_number(value)) return value;
  std::string escaped(value.size() * 2 + 1, '\0');
  // It knows whether a backslash is special in this session.
  const unsigned long length =
      mysql_real_escape_string(session, escaped.data(), value.data(), static_cast<unsigned long>(value.size()));
  escaped.resize(length);
  return "'" + escaped + "'";
}

std::string text_at(const Rows& rows, std::size_t column) { return std::string(rows.cell(0, column).value_or("")); }

template <class Number>
Number number_at(const Rows& rows, std::size_t column) {
  const std::string text = text_at(rows, column);
  Number number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// The packet that answers a command without a result: zero, rows and id (each of one byte here), status.
void take_status_of_ok(MYSQL* session) {
  const unsigned char* packet = session->net.read_pos;
  if (packet == nullptr || session->packet_length < 5 || packet[0] != 0 || packet[1] != 0 || packet[2] != 0) return;
  session->server_status = static_cast<unsigned int>(packet[3]) | static_cast<unsigned int>(packet[4]) << 8U;
}

Result<void> command_outcome(MYSQL* session, bool in_time, int status) {
  if (!in_time) return std::unexpected(late());
  if (status != 0) return std::unexpected(fault_error(fault_of(session)));
  take_status_of_ok(session);
  return {};
}

}  // namespace

Result<Rows> ask(MYSQL* session, std::string_view sql, Waiter& waiter) {
  Cursor cursor(session);
  Rows rows;
  Step step = cursor.query(sql, waiter);
  if (step == Step::end) {
    rows.set_columns(cursor.columns());
    do step = cursor.fetch(&rows, waiter);
    while (step == Step::row);
  }
  if (step == Step::late) return std::unexpected(late());
  if (step == Step::failed) return std::unexpected(fault_error(cursor.fault()));
  return rows;
}

Result<void> apply_settings(MYSQL* session, const Plan& plan, Waiter& waiter) {
  std::string sql = "SET NAMES utf8mb4, SESSION time_zone = '+00:00', SESSION autocommit = 1";
  for (const auto& [name, value] : plan.settings) {
    sql += ", SESSION " + name + " = " + value_literal(session, value);
  }
  const auto done = ask(session, sql, waiter);
  if (!done) return std::unexpected(done.error());
  return {};
}

Result<Facts> learn_facts(MYSQL* session, Waiter& waiter) {
  const auto rows = ask(session,
                        "SELECT CONNECTION_ID(), @@version, @@version_comment, DATABASE(), USER(), "
                        "@@max_allowed_packet, " +
                            std::string(identity_sql),
                        waiter);
  if (!rows) return std::unexpected(rows.error());
  Facts facts;
  facts.connection_id = number_at<std::int64_t>(*rows, 0);
  facts.version = text_at(*rows, 1);
  facts.is_mariadb = (facts.version + text_at(*rows, 2)).contains("MariaDB");
  facts.database = text_at(*rows, 3);
  const std::string user = text_at(*rows, 4);
  facts.user = user.substr(0, user.rfind('@'));
  facts.largest_packet = number_at<std::uint64_t>(*rows, 5);
  facts.identity = text_at(*rows, 6);
  return facts;
}

Result<std::string> learn_identity(MYSQL* session, Waiter& waiter) {
  const auto rows = ask(session, "SELECT " + std::string(identity_sql), waiter);
  if (!rows) return std::unexpected(rows.error());
  return text_at(*rows, 0);
}

Result<void> ping(MYSQL* session, Waiter& waiter) {
  int status = 0;
  const bool in_time = call(
      session, waiter, [&] { return mysql_ping_start(&status, session); },
      [&](int events) { return mysql_ping_cont(&status, session, events); });
  return command_outcome(session, in_time, status);
}

Result<void> reset(MYSQL* session, Waiter& waiter) {
  int status = 0;
  const bool in_time = call(
      session, waiter, [&] { return mysql_reset_connection_start(&status, session); },
      [&](int events) { return mysql_reset_connection_cont(&status, session, events); });
  return command_outcome(session, in_time, status);
}

int version_number(std::string_view version) {
  int number = 0;
  for (const int weight : {10'000, 100, 1}) {
    int part = 0;
    const auto [stop, error] = std::from_chars(version.data(), version.data() + version.size(), part);
    if (error != std::errc()) break;
    number += part * weight;
    version.remove_prefix(static_cast<std::size_t>(stop - version.data()));
    if (!version.starts_with('.')) break;
    version.remove_prefix(1);
  }
  return number;
}

}  // namespace lockkeeper::client::mysql
