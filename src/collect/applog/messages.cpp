#include "collect/applog/messages.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "base/utf8.hpp"
#include "collect/applog/layout.hpp"
#include "collect/applog/words.hpp"

namespace lockkeeper::collect::applog {
namespace {

using model::ComplaintKind;
using model::PoolComplaint;
using model::PoolLibrary;

struct Found {
  std::string_view head;  // before the message
  std::string_view body;  // from its beginning on
};

std::optional<Found> find(std::string_view text, std::string_view phrase) {
  const std::size_t at = text.find(phrase);
  if (at == std::string_view::npos) return std::nullopt;
  return Found{text.substr(0, at), text.substr(at)};
}

// logfmt and the like: level=error msg="the message". What stands before the key is a layout's own.
bool is_value(std::string_view head) {
  for (const std::string_view key : {"msg=\"", "err=\"", "error=\"", "message=\""}) {
    if (head.ends_with(key) && (head.size() == key.size() || head[head.size() - key.size() - 1] == ' ')) return true;
  }
  return false;
}

bool stands_alone(std::string_view head) { return is_value(head) || !exception_class(head).empty() || is_layout(head); }

// The pool's name, at the end of the head: "... - HikariPool-1" or "...: HikariPool-1".
std::string take_pool(std::string_view& head) {
  const std::size_t before = head.find_last_of(" \t\"");
  const std::string_view name = before == std::string_view::npos ? head : head.substr(before + 1);
  head = before == std::string_view::npos ? std::string_view() : head.substr(0, before + 1);
  return name.size() > longest_name ? std::string() : base::printable(name);
}

// "total=10, active=10, idle=0, waiting=5", in HikariCP 6 "total=10/10, idle=0/10, active=10, waiting=5".
void read_counts(Words& words, PoolComplaint& complaint) {
  std::optional<std::int64_t> least_idle;
  words.word("total=").count(complaint.total);
  if (words.rest().starts_with("/")) words.word("/").count(complaint.limit);
  words.word(", ");
  if (words.rest().starts_with("idle=")) {
    words.word("idle=").count(complaint.idle).word("/").count(least_idle).word(", active=").count(complaint.active);
  } else {
    words.word("active=").count(complaint.active).word(", idle=").count(complaint.idle);
  }
  words.word(", waiting=").count(complaint.waiting).word(")");
}

std::optional<Message> hikari_timeout(std::string_view text) {
  auto found = find(text, " - Connection is not available, request timed out after ");
  if (!found) return std::nullopt;
  Message message;
  auto& complaint = message.complaint;
  complaint.library = PoolLibrary::hikari;
  complaint.pool = take_pool(found->head);
  Words words(found->body);
  words.word(" - Connection is not available, request timed out after ").duration(complaint.waited, 1'000).word("ms");
  if (words.rest().starts_with(" (")) {
    words.word(" (");
    read_counts(words, complaint);
  }
  words.maybe(".");
  const bool chatter = exception_class(found->head).empty() && is_chatter(found->head);
  if (complaint.pool.empty() || chatter || !words.at_end() || !stands_alone(found->head)) return std::nullopt;
  return message;
}

std::optional<Message> hikari_counts(std::string_view text) {
  auto found = find(text, " - Timeout failure stats (");
  if (!found) return std::nullopt;
  Message message;
  message.only_counts = true;
  auto& complaint = message.complaint;
  complaint.library = PoolLibrary::hikari;
  complaint.pool = take_pool(found->head);
  Words words(found->body);
  words.word(" - Timeout failure stats (");
  read_counts(words, complaint);
  if (complaint.pool.empty() || !words.at_end() || !is_layout(found->head)) return std::nullopt;
  return message;
}

std::optional<Message> hikari_leak(std::string_view text) {
  const auto found = find(text, "Connection leak detection triggered for ");
  if (!found) return std::nullopt;
  Message message;
  message.complaint.library = PoolLibrary::hikari;
  message.complaint.kind = ComplaintKind::leak;
  Words words(found->body);
  words.word("Connection leak detection triggered for ");
  const bool names_thread = found->body.contains(" on thread ");
  std::string thread;
  words.until(names_thread ? " on thread " : ", stack trace follows", message.complaint.connection);
  if (names_thread) words.until(", stack trace follows", thread);
  if (!words.at_end() || !is_layout(found->head)) return std::nullopt;
  return message;
}

std::optional<Message> hikari_leak_returned(std::string_view text) {
  const auto found = find(text, "Previously reported leaked connection ");
  if (!found) return std::nullopt;
  Message message;
  message.complaint.library = PoolLibrary::hikari;
  message.complaint.kind = ComplaintKind::leak_returned;
  Words words(found->body);
  words.word("Previously reported leaked connection ");
  const bool names_thread = found->body.contains(" on thread ");
  std::string thread;
  words.until(names_thread ? " on thread " : " was returned to the pool (unleaked)", message.complaint.connection);
  if (names_thread) words.until(" was returned to the pool (unleaked)", thread);
  if (!words.at_end() || !is_layout(found->head)) return std::nullopt;
  return message;
}

std::optional<Message> sqlalchemy_timeout(std::string_view text) {
  const auto found = find(text, "QueuePool limit of size ");
  if (!found) return std::nullopt;
  Message message;
  auto& complaint = message.complaint;
  complaint.library = PoolLibrary::sqlalchemy;
  std::optional<std::int64_t> size;
  std::optional<std::int64_t> overflow;
  Words words(found->body);
  words.word("QueuePool limit of size ").count(size).word(" overflow ").count(overflow);
  words.word(" reached, connection timed out, timeout ").duration(complaint.waited, 1'000'000);
  words.maybe_remark(" (Background on this error at: ");
  if (!words.at_end() || !stands_alone(found->head)) return std::nullopt;
  complaint.pool = "QueuePool limit of size " + std::to_string(*size) + " overflow " + std::to_string(*overflow);
  complaint.limit = *size + *overflow;
  return message;
}

std::optional<Message> sequelize_timeout(std::string_view text) {
  const auto found = find(text, "Operation timeout");
  if (!found) return std::nullopt;
  const std::string_view name = exception_class(found->head);
  if (name != "SequelizeConnectionAcquireTimeoutError" && name != "ConnectionAcquireTimeoutError") return std::nullopt;
  Message message;
  message.complaint.library = PoolLibrary::sequelize;
  if (!Words(found->body).word("Operation timeout").at_end()) return std::nullopt;
  return message;
}

std::optional<Message> node_postgres_timeout(std::string_view text) {
  constexpr std::string_view words = "timeout exceeded when trying to connect";
  const auto found = find(text, words);
  if (!found || !Words(found->body).word(words).at_end() || !stands_alone(found->head)) return std::nullopt;
  Message message;
  message.complaint.library = PoolLibrary::node_postgres;
  return message;
}

PoolLibrary psycopg_or_django(std::string_view head) {
  return exception_class(head).starts_with("django.") ? PoolLibrary::django : PoolLibrary::psycopg_pool;
}

std::optional<Message> psycopg_timeout(std::string_view text) {
  const auto found = find(text, "couldn't get a connection after ");
  if (!found) return std::nullopt;
  Message message;
  message.complaint.library = psycopg_or_django(found->head);
  Words words(found->body);
  words.word("couldn't get a connection after ").duration(message.complaint.waited, 1'000'000).word(" sec");
  if (!words.at_end() || !stands_alone(found->head)) return std::nullopt;
  return message;
}

std::optional<Message> psycopg_refusal(std::string_view text) {
  const auto found = find(text, "the pool '");
  if (!found) return std::nullopt;
  Message message;
  auto& complaint = message.complaint;
  complaint.library = psycopg_or_django(found->head);
  complaint.kind = ComplaintKind::refused;
  Words words(found->body);
  words.word("the pool '").until("' has already ", complaint.pool).count(complaint.waiting).word(" requests waiting");
  if (!words.at_end() || !stands_alone(found->head)) return std::nullopt;
  return message;
}

std::optional<Message> npgsql_timeout(std::string_view text) {
  const auto found = find(text, "The connection pool has been exhausted, either raise ");
  if (!found) return std::nullopt;
  Message message;
  auto& complaint = message.complaint;
  complaint.library = PoolLibrary::npgsql;
  Words words(found->body);
  words.word("The connection pool has been exhausted, either raise ").maybe("'Max Pool Size'").maybe("MaxPoolSize");
  words.word(" (currently ").count(complaint.limit).word(") or ").maybe("'Timeout'").maybe("Timeout");
  words.word(" (currently ").duration(complaint.waited, 1'000'000).word(" seconds)");
  words.maybe(" in your connection string.");
  if (!words.at_end() || !stands_alone(found->head)) return std::nullopt;
  return message;
}

// "C-0x55: shop/app@127.0.0.1:47668 closing because: query_wait_timeout (age=1s)". With log_pooler_errors the same
// event is told once more, as "pooler error: ...".
std::optional<Message> pgbouncer(std::string_view text) {
  const auto closing = find(text, " closing because: ");
  const auto found = closing ? closing : find(text, " pooler error: ");
  if (!found) return std::nullopt;
  const std::size_t client = found->head.find(" C-0x");
  if (client == std::string_view::npos || !is_layout(found->head.substr(0, client))) return std::nullopt;
  Message message;
  auto& complaint = message.complaint;
  complaint.library = PoolLibrary::pgbouncer;
  const std::size_t name = found->head.find(": ", client);
  if (name == std::string_view::npos) return std::nullopt;
  Words who(found->head.substr(name + 2));
  who.until("/", complaint.database).until("@", complaint.user);
  Words words(found->body);
  words.maybe(" closing because: ").maybe(" pooler error: ");
  if (words.rest().starts_with("query_wait_timeout")) {
    words.word("query_wait_timeout");
  } else {
    complaint.kind = ComplaintKind::refused;
    words.word("no more connections allowed").maybe(" (max_client_conn)");
  }
  words.maybe_remark(" (age=");
  if (!who.good() || !words.at_end()) return std::nullopt;
  complaint.connection = base::printable(who.rest().substr(0, longest_name));
  if (complaint.database.starts_with("(")) complaint.database = complaint.user = "";  // "(nodb)/(nouser)"
  return message;
}

// The servers' own words. A driver puts "FATAL: " before them, or its own mark.
std::optional<Message> server_full(std::string_view text) {
  struct Phrase {
    std::string_view words;
    std::string_view mark;
    PoolLibrary library;
  };
  static constexpr std::array<Phrase, 8> phrases{{
      {"sorry, too many clients already", "FATAL:  ", PoolLibrary::other},
      {"sorry, too many clients already", "FATAL: ", PoolLibrary::other},
      {"sorry, too many clients already", "pq: ", PoolLibrary::database_sql},
      {"remaining connection slots are reserved for ", "FATAL:  ", PoolLibrary::other},
      {"remaining connection slots are reserved for ", "FATAL: ", PoolLibrary::other},
      {"remaining connection slots are reserved for ", "pq: ", PoolLibrary::database_sql},
      {"Too many connections", "Error 1040: ", PoolLibrary::database_sql},
      {"Too many connections", "Error 1040 (08004): ", PoolLibrary::database_sql},
  }};
  for (const Phrase& phrase : phrases) {
    const auto found = find(text, phrase.words);
    if (!found || !found->head.ends_with(phrase.mark)) continue;
    Message message;
    message.complaint.library = phrase.library;
    message.complaint.kind = ComplaintKind::server_full;
    Words words(found->body);
    words.word(phrase.words);
    if (phrase.words.ends_with(" ")) {
      for (const std::string_view whom : {"non-replication superuser connections", "roles with the SUPERUSER attribute",
                                          "roles with privileges of the \"pg_use_reserved_connections\" role"})
        words.maybe(whom);
    }
    if (words.rest().starts_with(" (SQLSTATE 53300)")) message.complaint.library = PoolLibrary::database_sql;
    words.maybe(" (SQLSTATE 53300)");
    if (words.at_end()) return message;
  }
  return std::nullopt;
}

// The message from where it begins to be the library's own: no words of the application are kept.
std::string own_words(std::string_view text, const PoolComplaint& complaint) {
  constexpr std::size_t most_kept = 300;
  static constexpr std::array<std::string_view, 12> beginnings{
      "QueuePool limit",      "Operation timeout",       "timeout exceeded",    "couldn't get",
      "the pool '",           "The connection pool has", "sorry, too many",     "remaining connection",
      "Too many connections", "Connection leak",         "Previously reported", " C-0x"};
  std::size_t begin = std::string_view::npos;
  if (complaint.library == PoolLibrary::hikari && !complaint.pool.empty()) begin = text.find(complaint.pool + " - ");
  for (const std::string_view beginning : beginnings) {
    if (begin == std::string_view::npos) begin = text.find(beginning);
  }
  std::string kept = base::printable(begin == std::string_view::npos ? text : text.substr(begin, most_kept));
  while (!kept.empty() && std::string_view(" \"{").contains(kept.back())) kept.pop_back();
  while (kept.starts_with(' ')) kept.erase(0, 1);
  return kept;
}

}  // namespace

bool may_complain(std::string_view text) {
  static constexpr std::array<std::string_view, 13> phrases{"Connection is not available, request timed out",
                                                            "Timeout failure stats",
                                                            "Connection leak detection triggered",
                                                            "Previously reported leaked connection",
                                                            "QueuePool limit of size",
                                                            "Operation timeout",
                                                            "timeout exceeded when trying to connect",
                                                            "t get a connection after",
                                                            "requests waiting",
                                                            "The connection pool has been exhausted",
                                                            "query_wait_timeout",
                                                            "no more connections allowed",
                                                            "oo many c"};
  return std::ranges::any_of(phrases, [&](std::string_view phrase) { return text.contains(phrase); }) ||
         text.contains("remaining connection slots");
}

std::optional<Message> read_message(std::string_view text) {
  if (!may_complain(text)) return std::nullopt;
  using Reader = std::optional<Message> (*)(std::string_view);
  static constexpr std::array<Reader, 11> readers{hikari_timeout,        hikari_counts,      hikari_leak,
                                                  hikari_leak_returned,  sqlalchemy_timeout, sequelize_timeout,
                                                  node_postgres_timeout, psycopg_timeout,    psycopg_refusal,
                                                  npgsql_timeout,        pgbouncer};
  for (const Reader read : readers) {
    if (auto message = read(text)) {
      message->complaint.line = own_words(text, message->complaint);
      return message;
    }
  }
  auto message = server_full(text);
  if (message) message->complaint.line = own_words(text, message->complaint);
  return message;
}

}  // namespace lockkeeper::collect::applog
