#include "wire/mysql/rewrite.hpp"

#include <functional>
#include <map>

#include "wire/mysql/command.hpp"
#include "wire/mysql/login.hpp"
#include "wire/mysql/reply.hpp"

namespace lockkeeper::testing::mysql {
namespace {

namespace my = lockkeeper::wire::mysql;
using my::Bytes;
using my::Capabilities;

// Whether it was decoded; what it writes, if it writes, is the whole packet.
using Rewrite = std::function<bool(Bytes body, std::uint8_t sequence, Capabilities capabilities, std::string& out)>;

bool rewrite_greeting(Bytes body, std::uint8_t sequence, Capabilities, std::string& out) {
  const auto greeting = my::decode_greeting(body);
  if (greeting) my::append_greeting(out, sequence, *greeting);
  return greeting.has_value();
}

bool rewrite_request(Bytes body, std::uint8_t sequence, Capabilities, std::string& out) {
  const auto request = my::decode_login_request(body);
  if (request) my::append_login_request(out, sequence, *request);
  return request.has_value();
}

bool read_changes(const my::OkRest& rest) {
  my::SessionChangeReader changes(rest.session_changes);
  while (changes.next()) continue;
  return changes.ok();
}

bool rewrite_ok(Bytes body, std::uint8_t sequence, Capabilities capabilities, std::string& out) {
  if (const auto eof = my::decode_eof(body)) {
    my::append_eof(out, sequence, *eof);
    return true;
  }
  const auto ok = my::decode_ok(body);
  const auto rest = ok ? my::decode_ok_rest(*ok, capabilities) : std::nullopt;
  if (!rest || !read_changes(*rest)) return false;
  std::string written;
  my::append_ok_rest(written, *rest, ok->status, capabilities);
  my::Ok again = *ok;
  again.rest = written;
  my::append_ok(out, sequence, again, static_cast<std::uint8_t>(body.front()));
  return true;
}

bool rewrite_error(Bytes body, std::uint8_t sequence, Capabilities, std::string& out) {
  const auto error = my::decode_error(body);
  if (error) my::append_error(out, sequence, *error);
  return error.has_value();
}

bool rewrite_prepared(Bytes body, std::uint8_t sequence, Capabilities capabilities, std::string& out) {
  const auto prepared = my::decode_prepared(body, capabilities);
  if (prepared) my::append_prepared(out, sequence, *prepared, capabilities);
  return prepared.has_value();
}

bool rewrite_switch(Bytes body, std::uint8_t sequence, Capabilities, std::string& out) {
  const auto plugin = my::decode_switch_plugin(body);
  if (plugin) my::append_switch_plugin(out, sequence, plugin->plugin, plugin->data);
  return plugin.has_value();
}

bool rewrite_more_data(Bytes body, std::uint8_t sequence, Capabilities, std::string& out) {
  const auto data = my::decode_more_data(body);
  if (data) my::append_more_data(out, sequence, *data);
  return data.has_value();
}

bool rewrite_query(Bytes body, std::uint8_t, Capabilities capabilities, std::string& out) {
  const auto query = my::decode_query(body, capabilities);
  if (query && query->attribute_count == 0) my::append_query(out, query->sql, capabilities);
  return query.has_value();
}

bool rewrite_change_user(Bytes body, std::uint8_t, Capabilities capabilities, std::string& out) {
  const auto change = my::decode_change_user(body, capabilities);
  if (change) my::append_change_user(out, *change, capabilities);
  return change.has_value();
}

template <class Decode>
Rewrite read_only(const Decode& decode) {
  return [decode](Bytes body, std::uint8_t, Capabilities, std::string&) { return decode(body).has_value(); };
}

const std::map<std::string, Rewrite, std::less<>>& rewrites() {
  static const std::map<std::string, Rewrite, std::less<>> all = {
      {"Greeting", rewrite_greeting},
      {"TlsRequest", rewrite_request},
      {"LoginRequest", rewrite_request},
      {"Ok", rewrite_ok},
      {"EndOfRows", rewrite_ok},
      {"EndOfColumns", rewrite_ok},
      {"EndOfParameters", rewrite_ok},
      {"EndOfFields", rewrite_ok},
      {"EndOfEvents", rewrite_ok},
      {"Error", rewrite_error},
      {"Prepared", rewrite_prepared},
      {"SwitchPlugin", rewrite_switch},
      {"MoreData", rewrite_more_data},
      {"FileRequest", read_only(my::decode_file_request)},
      {"Progress", read_only(my::decode_progress)},
      {"COM_QUERY", rewrite_query},
      {"COM_CHANGE_USER", rewrite_change_user},
      {"COM_INIT_DB", read_only(my::decode_init_db)},
      {"COM_STMT_PREPARE", read_only(my::decode_prepare)},
      {"COM_STMT_EXECUTE", read_only(my::decode_execute)},
      {"COM_STMT_BULK_EXECUTE", read_only(my::decode_bulk_execute)},
      {"COM_STMT_SEND_LONG_DATA", read_only(my::decode_send_long_data)},
      {"COM_STMT_FETCH", read_only(my::decode_fetch)},
      {"COM_STMT_CLOSE", read_only(my::decode_statement)},
      {"COM_STMT_RESET", read_only(my::decode_statement)},
      {"COM_SET_OPTION", read_only(my::decode_set_option)},
      {"COM_FIELD_LIST", read_only(my::decode_field_list)},
      {"COM_PROCESS_KILL", read_only(my::decode_process_kill)},
      {"COM_REFRESH", read_only(my::decode_refresh)},
      {"COM_BINLOG_DUMP", read_only(my::decode_binlog_dump)},
  };
  return all;
}

}  // namespace

std::optional<std::string> rewrite(const Packet& packet, Capabilities capabilities) {
  const auto found = rewrites().find(packet.name);
  if (found == rewrites().end()) return std::nullopt;
  std::string out;
  const Bytes body = Bytes(packet.bytes).substr(my::header_size);
  const auto sequence = static_cast<std::uint8_t>(packet.bytes[3]);
  if (!found->second(body, sequence, capabilities, out)) return std::string();
  return out.empty() ? std::nullopt : std::optional(out);
}

}  // namespace lockkeeper::testing::mysql
