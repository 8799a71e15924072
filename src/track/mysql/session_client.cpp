// What a client says.
#include <algorithm>
#include <utility>

#include "track/mysql/session.hpp"
#include "track/statement.hpp"
#include "track/unit.hpp"

namespace lockkeeper::track::mysql {
namespace {

using model::WallTime;
using wire::mysql::Command;

// A statement's shape is taken from so much of its text; what stands before it takes a few bytes, or its attributes.
constexpr std::size_t text_head = StatementCache::most_text;
// Enough to tell small values from others.
constexpr std::size_t values_head = 8 * 1024;
// Two names and an answer, and the attributes that end the message.
constexpr std::size_t login_head = 64 * 1024;
// A command, and a database's name: 64 characters.
constexpr std::size_t name_head = 1 + 4 * 64;
// A command, and two numbers.
constexpr std::size_t numbers_head = 9;

}  // namespace

std::size_t Session::wanted_from_client(std::uint32_t size, Bytes have) const noexcept {
  if (lost_ || client_speaks()) return 0;
  const std::size_t all = size;
  if (have.empty()) return std::min<std::size_t>(all, 1);
  switch (wire::mysql::command_of(have)) {
    case Command::query:
    case Command::prepare: return std::min(all, text_head);
    case Command::execute:
    case Command::bulk_execute:
    case Command::send_long_data: return std::min(all, values_head);
    case Command::change_user: return std::min(all, login_head);
    case Command::init_db: return std::min(all, name_head);
    case Command::fetch:
    case Command::close_statement:
    case Command::reset_statement: return std::min(all, numbers_head);
    default: return std::min<std::size_t>(all, 1);
  }
}

Step Session::client(const Message& held, WallTime now) {
  if (lost_) return {};
  // No more than was wanted: what is known must not depend on how the bytes came.
  const Message message{held.size, held.body.substr(0, wanted_from_client(held.size, held.body))};
  if (client_speaks()) {
    reply_->client(message.size);
    return reply_->complete() ? complete(now) : Step{};
  }
  Asked asked{.command = wire::mysql::command_of(message.body), .sent_at = now};
  switch (asked.command) {
    case Command::quit: return {.said_goodbye = true};
    case Command::close_statement: close(message); return {};
    case Command::send_long_data: long_data(message); return {};
    case Command::query: query(message, asked); break;
    case Command::prepare: prepare(message, asked); break;
    case Command::execute: execute(message, asked); break;
    case Command::bulk_execute: bulk_execute(message, asked); break;
    case Command::fetch: fetch(message, asked); break;
    case Command::reset_statement: asked.number = wire::mysql::decode_statement(message.body).value_or(0); break;
    case Command::change_user: change_user(message, asked); break;
    case Command::init_db:
      if (const auto name = wire::mysql::decode_init_db(message.body))
        asked.used = std::make_shared<const UsedDatabases>(UsedDatabases{std::string(*name)});
      break;
    default: break;
  }
  if (asked_.size() >= AskedQueue::most) return lose("more unanswered commands than can be kept track of");
  if (idle()) state_since_ = now;
  const bool unknown = !wire::mysql::is_known(asked.command);
  asked_.push(std::move(asked));
  if (!reply_) next_reply();
  return {.unknown = unknown};
}

sql::Backslashes Session::backslashes() const noexcept {
  return transactions_.status().no_backslash_escapes() ? sql::Backslashes::plain : sql::Backslashes::escapes;
}

sql::Options Session::options(const Message& message) const noexcept {
  return {.dialect = sql::Dialect::mysql,
          .ansi_quotes = transactions_.status().ansi_quotes(),
          .backslashes = backslashes(),
          .truncated = !message.whole()};
}

model::StatementPtr Session::as_written(const model::StatementPtr& statement, std::string_view sql) const {
  if (!settings_.keep_literals || !settings_.record) return statement;
  return with_literals(*statement, sql);
}

std::shared_ptr<const Parts> Session::parts_as_written(const Seen& seen, std::string_view sql) const {
  if (!seen.parts || !settings_.keep_literals || !settings_.record) return seen.parts;
  const auto texts = statements_in(sql, {.dialect = sql::Dialect::mysql,
                                         .ansi_quotes = transactions_.status().ansi_quotes(),
                                         .backslashes = backslashes()});
  auto parts = std::make_shared<Parts>(*seen.parts);
  for (std::size_t part = 0; part < std::min(parts->size(), texts.size()); ++part) {
    (*parts)[part].statement = with_literals(*(*parts)[part].statement, texts[part]);
  }
  return parts;
}

std::shared_ptr<const UsedDatabases> Session::used_in(const Seen& seen, std::string_view sql,
                                                      const Message& message) const {
  if (!seen.uses) return nullptr;
  return std::make_shared<const UsedDatabases>(databases_used_in(sql, options(message)));
}

// What the server says of a malformed one is the answer: it reads the same bytes.
void Session::query(const Message& message, Asked& asked) {
  const auto query = wire::mysql::decode_query(message.body, connected_.capabilities);
  if (!query) return;
  const Seen& seen = shared_.statements.seen(query->sql, options(message));
  if (model::UnitId unit = unit_of(query->sql, options(message)); !unit.value().empty())
    transactions_.record().unit(unit);
  asked.statement = as_written(seen.statement, query->sql);
  asked.parts = parts_as_written(seen, query->sql);
  asked.used = used_in(seen, query->sql, message);
  if (settings_.parameters && message.whole()) asked.parameters = text_hash(query->sql);
}

void Session::prepare(const Message& message, Asked& asked) {
  const auto sql = wire::mysql::decode_prepare(message.body);
  if (!sql) return;
  asked.prepared = std::make_shared<Prepared>();
  const Seen& seen = shared_.statements.seen(*sql, options(message));
  asked.prepared->statement = as_written(seen.statement, *sql);
  asked.prepared->unit = unit_of(*sql, options(message));
  asked.prepared->used = used_in(seen, *sql, message);
  if (message.whole()) asked.prepared->text = text_hash(*sql);
  last_prepared_ = asked.prepared;
}

PreparedPtr Session::find(std::uint32_t number) const {
  if (number == wire::mysql::last_prepared) return last_prepared_;
  const auto found = prepared_.find(number);
  return found == prepared_.end() ? nullptr : found->second;
}

void Session::run(Asked& asked, std::uint32_t number) const {
  asked.number = number;
  asked.prepared = find(number);
  if (!asked.prepared) return;
  asked.statement = asked.prepared->statement;
  asked.used = asked.prepared->used;
}

void Session::execute(const Message& message, Asked& asked) {
  const auto execute = wire::mysql::decode_execute(message.body);
  if (!execute) return;
  run(asked, execute->statement);
  if (!asked.prepared) return;
  Prepared& prepared = *asked.prepared;
  if (!prepared.unit.value().empty()) transactions_.record().unit(prepared.unit);
  if (settings_.parameters && message.whole()) {
    asked.parameters =
        prepared.sent.with(parameters_hash(*execute, prepared.parameters, connected_.capabilities, prepared.text));
  }
  prepared.sent = {};
}

void Session::bulk_execute(const Message& message, Asked& asked) {
  const auto execute = wire::mysql::decode_bulk_execute(message.body);
  if (!execute) return;
  run(asked, execute->statement);
  if (!asked.prepared) return;
  Prepared& prepared = *asked.prepared;
  if (!prepared.unit.value().empty()) transactions_.record().unit(prepared.unit);
  if (settings_.parameters && message.whole()) {
    asked.parameters = parameters_hash(*execute, prepared.parameters, prepared.text);
  }
}

void Session::fetch(const Message& message, Asked& asked) const {
  if (const auto fetch = wire::mysql::decode_fetch(message.body)) run(asked, fetch->statement);
}

void Session::change_user(const Message& message, Asked& asked) const {
  const auto change = wire::mysql::decode_change_user(message.body, connected_.capabilities);
  if (!change) return;
  auto who = std::make_shared<model::ClientIdentity>(*who_);
  who->user = change->user;
  who->database = change->database;
  asked.who = std::move(who);
}

// Nothing answers these two.
void Session::close(const Message& message) {
  const auto number = wire::mysql::decode_statement(message.body);
  if (!number) return;
  if (*number == wire::mysql::last_prepared) last_prepared_ = nullptr;
  prepared_.erase(*number);
  cursors_.erase(*number);
}

void Session::long_data(const Message& message) {
  const auto piece = wire::mysql::decode_send_long_data(message.body);
  if (!piece) return;
  if (const PreparedPtr prepared = find(piece->statement)) prepared->sent.add(*piece, message.whole());
}

}  // namespace lockkeeper::track::mysql
