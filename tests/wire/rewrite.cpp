#include "wire/rewrite.hpp"

#include <functional>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/postgres/backend.hpp"
#include "wire/postgres/frontend.hpp"

namespace lockkeeper::testing {
namespace {

namespace pg = lockkeeper::wire::postgres;
using pg::Bytes;
using Rewrite = std::function<bool(Bytes body, std::string& out)>;

// Decodes, and has `encode` write what was decoded.
template <class Decode, class Encode>
Rewrite through(const Decode& decode, const Encode& encode) {
  return [decode, encode](Bytes body, std::string& out) {
    const auto decoded = decode(body);
    if (decoded) encode(out, *decoded);
    return decoded.has_value();
  };
}

Rewrite empty(void (*append)(std::string&)) {
  return [append](Bytes body, std::string& out) {
    append(out);
    return body.empty();
  };
}

const std::map<std::string, Rewrite, std::less<>>& frontend_rewrites() {
  static const std::map<std::string, Rewrite, std::less<>> all = {
      {"Query", through(pg::decode_query, [](auto& out, const auto& m) { pg::append_query(out, m.sql); })},
      {"Parse",
       through(pg::decode_parse, [](auto& out, const auto& m) { pg::append_parse(out, m.name, m.sql, m.types); })},
      {"Bind", through(pg::decode_bind,
                       [](auto& out, const auto& m) {
                         pg::append_bind_head(out, m.portal, m.statement, m.parameters.size());
                         if (pg::check_bind_parameters(m.parameters)) out += m.parameters;
                       })},
      {"Describe",
       through(pg::decode_describe, [](auto& out, const auto& m) { pg::append_describe(out, m.target, m.name); })},
      {"Close", through(pg::decode_close, [](auto& out, const auto& m) { pg::append_close(out, m.target, m.name); })},
      {"Execute",
       through(pg::decode_execute, [](auto& out, const auto& m) { pg::append_execute(out, m.portal, m.most_rows); })},
      {"Password", through(pg::decode_password, [](auto& out, const auto& m) { pg::append_password(out, m); })},
      {"SASLInitialResponse",
       through(pg::decode_sasl_initial,
               [](auto& out, const auto& m) { pg::append_sasl_initial(out, m.mechanism, m.data); })},
      {"Sync", empty(pg::append_sync)},
      {"Flush", empty(pg::append_flush)},
      {"Terminate", empty(pg::append_terminate)},
  };
  return all;
}

// What is decoded of an error stays the same when it is written and decoded again.
Rewrite error_again(const std::function<void(std::string&, const pg::Notice&)>& append) {
  return [append](Bytes body, std::string& out) {
    const auto first = pg::decode_notice(body);
    if (!first) return false;
    std::string written;
    append(written, *first);
    const auto second = pg::decode_notice(Bytes(written).substr(pg::header_size));
    if (second != first) return false;
    pg::append_message(out, written.front(), body);
    return true;
  };
}

void append_again(std::string& out, const pg::AuthenticationRequest& request) {
  if (request.kind != pg::Authentication::sasl) return pg::append_authentication(out, request.kind, request.data);
  pg::append_sasl_request(out, pg::sasl_mechanisms(request.data));
}

const std::map<std::string, Rewrite, std::less<>>& backend_rewrites() {
  static const Rewrite authentication = through(pg::decode_authentication, append_again);
  static const std::map<std::string, Rewrite, std::less<>> all = {
      {"AuthenticationOk", authentication},
      {"AuthenticationCleartextPassword", authentication},
      {"AuthenticationMD5Password", authentication},
      {"AuthenticationSASL", authentication},
      {"AuthenticationSASLContinue", authentication},
      {"AuthenticationSASLFinal", authentication},
      {"BackendKeyData",
       through(pg::decode_backend_key, [](auto& out, const auto& m) { pg::append_backend_key(out, m.pid, m.secret); })},
      {"BindComplete", empty(pg::append_bind_complete)},
      {"CloseComplete", empty(pg::append_close_complete)},
      {"CommandComplete",
       through(pg::decode_command_complete, [](auto& out, const auto& m) { pg::append_command_complete(out, m.tag); })},
      {"EmptyQueryResponse", empty(pg::append_empty_query)},
      {"ErrorResponse", error_again(pg::append_error)},
      {"NegotiateProtocolVersion",
       through(pg::decode_negotiate_version,
               [](auto& out, const auto& m) { pg::append_negotiate_version(out, m.minor, m.unsupported); })},
      {"NoticeResponse", error_again(pg::append_notice)},
      {"ParameterStatus", through(pg::decode_parameter_status,
                                  [](auto& out, const auto& m) { pg::append_parameter_status(out, m.name, m.value); })},
      {"ParseComplete", empty(pg::append_parse_complete)},
      {"ReadyForQuery", through(pg::decode_ready, [](auto& out, const auto& m) { pg::append_ready(out, m); })},
  };
  return all;
}

std::string rewritten_startup(Bytes packet) {
  std::string out;
  const auto startup = pg::decode_startup(packet);
  if (!startup) return out;
  const std::vector<std::pair<std::string, std::string>> parameters(startup->parameters.begin(),
                                                                    startup->parameters.end());
  switch (startup->kind) {
    case pg::StartupKind::ssl_request: pg::append_ssl_request(out); break;
    case pg::StartupKind::gss_request: pg::append_gss_request(out); break;
    case pg::StartupKind::cancel_request:
      pg::append_cancel_request(out, startup->cancel_pid, startup->cancel_secret);
      break;
    case pg::StartupKind::startup: pg::append_startup(out, startup->major, startup->minor, parameters); break;
  }
  return out;
}

}  // namespace

Rewritten rewrite(const Message& message) {
  const bool packet = message.name == "Startup" || message.name == "CancelRequest" ||
                      message.name.ends_with("NCRequest") || message.name == "SSLRequest";
  if (packet) return rewritten_startup(message.bytes) == message.bytes ? Rewritten::same : Rewritten::different;
  const auto& known = message.side == Side::frontend ? frontend_rewrites() : backend_rewrites();
  const auto found = known.find(message.name);
  if (found == known.end()) return Rewritten::unread;
  std::string out;
  const bool decoded = found->second(Bytes(message.bytes).substr(pg::header_size), out);
  return decoded && out == message.bytes ? Rewritten::same : Rewritten::different;
}

}  // namespace lockkeeper::testing
