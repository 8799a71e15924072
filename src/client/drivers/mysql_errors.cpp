#include "client/drivers/mysql_errors.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace lockkeeper::client::mysql {
namespace {

struct Meaning {
  unsigned int number;
  ErrorCode code;
};

// Both servers' numbers: below 1900 they mean the same, from there on each goes its own way.
constexpr auto meanings = std::to_array<Meaning>({
    {1020, ErrorCode::serialization},  // ER_CHECKREAD: MariaDB, a row changed since the snapshot
    {1021, ErrorCode::disk_full},
    {1022, ErrorCode::constraint},
    {1040, ErrorCode::too_many_connections},
    {1044, ErrorCode::permission},
    {1045, ErrorCode::authentication},
    {1047, ErrorCode::not_ready},  // of a Galera node: not a member of its cluster at present
    {1048, ErrorCode::constraint},
    {1049, ErrorCode::unknown_database},
    {1053, ErrorCode::connection_lost},  // the server shuts down
    {1062, ErrorCode::constraint},
    {1114, ErrorCode::disk_full},
    {1129, ErrorCode::authentication},  // this host is blocked, or not allowed at all
    {1130, ErrorCode::authentication},
    {1142, ErrorCode::permission},
    {1143, ErrorCode::permission},
    {1152, ErrorCode::connection_lost},
    {1158, ErrorCode::connection_lost},
    {1159, ErrorCode::connection_lost},
    {1160, ErrorCode::connection_lost},
    {1161, ErrorCode::connection_lost},
    {1169, ErrorCode::constraint},
    {1203, ErrorCode::too_many_connections},
    {1205, ErrorCode::lock_not_available},
    {1213, ErrorCode::deadlock},
    {1216, ErrorCode::constraint},
    {1217, ErrorCode::constraint},
    {1226, ErrorCode::too_many_connections},
    {1227, ErrorCode::permission},
    {1251, ErrorCode::authentication},
    {1317, ErrorCode::cancelled},
    {1364, ErrorCode::constraint},  // NOT NULL, by a column without a default
    {1370, ErrorCode::permission},
    {1402, ErrorCode::serialization},  // XA_RBROLLBACK
    {1451, ErrorCode::constraint},
    {1452, ErrorCode::constraint},
    {1557, ErrorCode::constraint},
    {1586, ErrorCode::constraint},
    {1614, ErrorCode::deadlock},  // XA_RBDEADLOCK
    {1698, ErrorCode::authentication},
    {1761, ErrorCode::constraint},
    {1762, ErrorCode::constraint},
    {1820, ErrorCode::authentication},  // the password has expired
    {1862, ErrorCode::authentication},
    {1927, ErrorCode::connection_lost},     // MariaDB: killed
    {1969, ErrorCode::cancelled},           // MariaDB: max_statement_time
    {3024, ErrorCode::cancelled},           // MySQL: max_execution_time
    {3032, ErrorCode::not_ready},           // MySQL: offline mode
    {3058, ErrorCode::deadlock},            // MySQL: of GET_LOCK
    {3101, ErrorCode::serialization},       // MySQL: group replication could not certify
    {3118, ErrorCode::authentication},      // MySQL: the account is locked
    {3572, ErrorCode::lock_not_available},  // MySQL: NOWAIT
    {3819, ErrorCode::constraint},          // MySQL: CHECK
    {4025, ErrorCode::constraint},          // MariaDB: CHECK
    {4031, ErrorCode::connection_lost},     // MySQL: idle for too long
    {4151, ErrorCode::authentication},      // MariaDB: the account is locked
});

// libmariadb's own numbers; the servers have all others.
struct Range {
  unsigned int first;
  unsigned int last;
};
constexpr std::array<Range, 2> of_the_library{Range{2000, 2999}, Range{5000, 5999}};

constexpr unsigned int cannot_connect_to_socket = 2002;
constexpr unsigned int cannot_connect = 2003;
constexpr unsigned int unknown_host = 2005;
constexpr unsigned int gone = 2006;
constexpr unsigned int lost = 2013;
constexpr unsigned int packet_too_large = 2020;
constexpr unsigned int lost_extended = 2055;
constexpr unsigned int tls_failed = 2026;
constexpr unsigned int unknown_charset = 2019;
constexpr unsigned int plugin_not_loaded = 2059;
constexpr unsigned int plugin_failed = 2061;
constexpr unsigned int plugin_not_allowed = 5010;

// Errors whose text quotes a value of a row or of an expression, between the first quote and the last one that
// ` for ` follows.
constexpr auto quoting_values =
    std::to_array<unsigned int>({1062, 1292, 1366, 1367, 1411, 1525, 1586, 1690, 1761, 3140, 3141, 3156, 3903});

std::optional<ErrorCode> meaning_of(unsigned int number) {
  const auto* found = std::ranges::lower_bound(meanings, number, {}, &Meaning::number);
  if (found == meanings.end() || found->number != number) return std::nullopt;
  return found->code;
}

ErrorCode code_of(const Fault& fault) {
  if (fault.is_end_of_session()) return ErrorCode::connection_lost;
  if (const auto code = meaning_of(fault.number)) return *code;
  return fault.sqlstate == "40001" ? ErrorCode::serialization : ErrorCode::server_error;
}

ErrorCode connect_code_of(const Fault& fault, bool greeted) {
  switch (fault.number) {
    case cannot_connect_to_socket:
    case cannot_connect:
    case unknown_host: return ErrorCode::unreachable;
    case tls_failed:
    case unknown_charset: return ErrorCode::configuration;
    case plugin_not_loaded:
    case plugin_failed:
    case plugin_not_allowed: return ErrorCode::authentication;
    default: break;
  }
  if (!fault.is_from_server()) return greeted ? ErrorCode::unreachable : ErrorCode::protocol;
  // No session was established that could be lost: a server that ends us now is on its way down.
  const ErrorCode code = code_of(fault);
  return code == ErrorCode::connection_lost ? ErrorCode::not_ready : code;
}

std::string_view advice(const Fault& fault, ErrorCode code) {
  if (code == ErrorCode::protocol) return "\nIs this the address of a MySQL or MariaDB server?";
  if (fault.number == plugin_not_allowed) {
    return "\nThe server asks for the password itself, or by a method that is not trusted; "
           "enable-cleartext-plugin=true with ssl-mode=required allows it";
  }
  return {};
}

std::string trimmed(std::string_view text) {
  const auto end = text.find_last_not_of(" \t\r\n");
  return std::string(text.substr(0, end == std::string_view::npos ? 0 : end + 1));
}

void replace_all(std::string& text, std::string_view old_text, std::string_view new_text) {
  for (auto at = text.find(old_text); at != std::string::npos; at = text.find(old_text, at + new_text.size())) {
    text.replace(at, old_text.size(), new_text);
  }
}

std::string with_number(std::string message, unsigned int number) {
  return std::move(message) + " (error " + std::to_string(number) + ")";
}

// `Duplicate entry 'it's' for key 'PRIMARY'`: the value is not escaped, so its end is the last candidate.
std::string without_quoted_value(std::string message) {
  const auto start = message.find('\'');
  if (start == std::string::npos) return message;
  auto end = message.rfind("' for ");
  if (end == std::string::npos || end < start) end = message.rfind('\'');
  if (end == start) return message.substr(0, start) + "…";  // Cut off within the value.
  return message.substr(0, start + 1) + "…" + message.substr(end);
}

}  // namespace

bool Fault::is_from_server() const noexcept {
  const auto holds = [this](const Range& range) { return number >= range.first && number <= range.last; };
  return number != 0 && std::ranges::none_of(of_the_library, holds);
}

bool Fault::is_end_of_session() const noexcept {
  if (is_from_server()) return meaning_of(number) == ErrorCode::connection_lost;
  return number == gone || number == lost || number == lost_extended || number == packet_too_large;
}

Fault fault_of(MYSQL* session) {
  Fault fault{.number = mysql_errno(session), .sqlstate = mysql_sqlstate(session), .message = mysql_error(session)};
  if (!fault.is_from_server()) fault.sqlstate.clear();
  return fault;
}

Fault fault_of(MYSQL_STMT* statement) {
  Fault fault{.number = mysql_stmt_errno(statement),
              .sqlstate = mysql_stmt_sqlstate(statement),
              .message = mysql_stmt_error(statement)};
  if (fault.number == 0 && statement->mysql != nullptr) return fault_of(statement->mysql);
  if (!fault.is_from_server()) fault.sqlstate.clear();
  return fault;
}

std::string without_values(const Fault& fault, std::span<const Parameter> parameters) {
  std::string message = trimmed(fault.message);
  if (std::ranges::find(quoting_values, fault.number) != quoting_values.end()) {
    message = without_quoted_value(std::move(message));
  }
  for (std::size_t index = 0; index < parameters.size(); ++index) {
    const std::string_view* text = parameters[index].text();
    if (text == nullptr || text->empty()) continue;
    replace_all(message, "'" + std::string(*text) + "'", "'?" + std::to_string(index + 1) + "'");
  }
  return message;
}

Error statement_error(const Fault& fault, std::span<const Parameter> parameters) {
  return {code_of(fault), fault.sqlstate, with_number(without_values(fault, parameters), fault.number), {}};
}

Error connect_error(const Fault& fault, bool greeted) {
  const ErrorCode code = connect_code_of(fault, greeted);
  const std::string words = with_number(trimmed(fault.message), fault.number);
  return {code, fault.sqlstate, words + std::string(advice(fault, code)), Blast::connection};
}

Error configuration_error(std::string_view words) {
  return {ErrorCode::configuration, "",
          std::string(words) +
              "\nCheck the URL: mysql://user@host:3306/database?option=value, with special characters percent-encoded",
          Blast::connection};
}

Error misuse(std::string_view words, Blast blast) { return {ErrorCode::misuse, "", std::string(words), blast}; }

Error too_late(std::string_view what, Blast blast) {
  return {ErrorCode::deadline, "", "the deadline passed; " + std::string(what), blast};
}

}  // namespace lockkeeper::client::mysql
