#include "proxy/differential_generator.hpp"

#include <array>
#include <cstddef>
#include <random>
#include <span>
#include <utility>
#include <vector>

namespace lockkeeper::testing {
namespace {

constexpr std::size_t clients = 3;

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  std::size_t below(std::size_t count) { return random_() % count; }
  bool one_in(std::size_t count) { return below(count) == 0; }
  template <class T, std::size_t size>
  const T& pick(const std::array<T, size>& from) {
    return from[below(size)];
  }

 private:
  std::mt19937_64 random_;
};

constexpr std::array<std::size_t, 12> sizes{0, 1, 2, 100, 4095, 4096, 8187, 8191, 8192, 8193, 16384, 70'000};

// One client's stream of steps.
class Writer {
 public:
  Writer(Dice& dice, std::size_t client) : dice_(dice), client_(client), own_(std::to_string(client + 1)) {}

  void block();
  std::vector<Step> take() { return std::move(steps_); }

 private:
  using Block = void (Writer::*)();

  Step& say(Messages messages, int count = 1, std::string until = "Z") {
    steps_.push_back({.client = client_, .messages = std::move(messages), .count = count, .until = std::move(until)});
    Step& step = steps_.back();
    if (dice_.one_in(12)) step.piece = encode(step.messages).size() < 300 ? 1 : 1 + dice_.below(5000);
    return step;
  }
  void ask(const std::string& sql) { say({query(sql)}); }

  /// `$k` is the client's number, from 1 on: rows k0d, k00d and k100 to k399 are its own, `$d` a digit.
  std::string filled(std::string_view sql) {
    std::string text;
    for (std::size_t i = 0; i < sql.size(); ++i) {
      if (sql.substr(i, 2) == "$k") {
        text += own_;
        ++i;
      } else if (sql.substr(i, 2) == "$d") {
        text += std::to_string(dice_.below(10));
        ++i;
      } else {
        text += sql[i];
      }
    }
    return text;
  }
  std::string name() { return std::string(1, static_cast<char>('a' + dice_.below(3))); }
  std::string maybe_name() { return dice_.one_in(3) ? std::string() : name(); }
  std::string large() { return std::string(dice_.one_in(40) ? std::size_t{1} << 20U : dice_.pick(sizes), 'x'); }
  std::string statement();
  Messages extended_piece();

  void simple();
  void transaction();
  void one_shot();
  void pipeline();
  void flush_without_sync();
  void copy_in();
  void copy_in_extended();
  void copy_out();
  void portal();
  void named();
  void deallocate();
  void sql_prepare();
  void setting();
  void state();
  void listening();
  void large_things();
  void fastpath();
  void look();
  void strange();

  Dice& dice_;
  std::size_t client_;
  std::string own_;
  std::vector<Step> steps_;
};

constexpr std::array<std::string_view, 20> statements{
    "SELECT 1",
    "SELECT id, name FROM item WHERE owner = $k ORDER BY id LIMIT $d",
    "UPDATE item SET price = price + 1 WHERE id = $k0$d",
    "UPDATE item SET price = price + 1 WHERE id = $k0$d RETURNING id, price",
    "INSERT INTO item VALUES ($k00$d, $k, 'made', 5)",
    "INSERT INTO item VALUES ($k00$d, $k, 'made', 5) ON CONFLICT DO NOTHING",
    "DELETE FROM item WHERE id = $k00$d",
    "SELECT 1 / 0",
    "SELECT no_such_column FROM item",
    "SELEC 1",
    "SELECT * FROM no_such_table",
    "SELECT NULL::text, '', 'a'",
    "SELECT repeat('r', 100 * $d) FROM generate_series(1, $d)",
    "DO $$BEGIN RAISE NOTICE 'told to $k'; END$$",
    "DO $$BEGIN RAISE WARNING 'warned $k' USING HINT = 'hint', DETAIL = 'detail'; END$$",
    "DO $$BEGIN RAISE EXCEPTION 'refused $k' USING ERRCODE = 'LK00$d'; END$$",
    "",
    "; ;",
    "SELECT count(*) FROM item WHERE owner = $k",
    "SELECT pg_catalog.set_config('application_name', 'named $d', true)",
};

std::string Writer::statement() { return filled(dice_.pick(statements)); }

void Writer::simple() {
  constexpr std::array<std::string_view, 12> several{
      "SELECT 1; SELECT 2",
      "SELECT 1; SELECT 1 / 0; SELECT 3",
      "BEGIN; SELECT 1; COMMIT",
      "BEGIN; SELECT 1 / 0; COMMIT",
      "SELECT 1; BEGIN; SELECT 2",
      "COMMIT; SELECT 1",
      "SET search_path = scratch; SELECT 1; RESET search_path",
      "INSERT INTO item VALUES ($k00$d, $k, 'm', 1); COMMIT; SELECT 1 / 0",
      "SELECT 1;;SELECT 2;",
      "PREPARE once AS SELECT $d; EXECUTE once; DEALLOCATE once",
      "DECLARE inside CURSOR FOR SELECT 1",
      "BEGIN; DECLARE inside CURSOR FOR SELECT generate_series(1, $d); FETCH 2 FROM inside; COMMIT",
  };
  ask(dice_.one_in(3) ? filled(dice_.pick(several)) : statement());
}

void Writer::transaction() {
  constexpr std::array<std::string_view, 14> words{
      "BEGIN",
      "BEGIN",
      "START TRANSACTION READ ONLY",
      "COMMIT",
      "COMMIT",
      "ROLLBACK",
      "END",
      "SAVEPOINT a",
      "SAVEPOINT b",
      "ROLLBACK TO a",
      "RELEASE a",
      "ROLLBACK TO b",
      "COMMIT AND CHAIN",
      "ABORT",
  };
  ask(std::string(dice_.pick(words)));
}

void Writer::one_shot() {
  Messages messages{parse("", "SELECT $1::text, $2::int", {}),
                    bind_to("", "", {dice_.one_in(3) ? Value() : Value(large()), "7"})};
  if (dice_.one_in(2)) messages.push_back(describe_portal(""));
  messages.push_back(execute());
  if (dice_.one_in(5)) messages.push_back(close_statement(""));
  messages.push_back(sync());
  say(std::move(messages));
}

// Anything an extended-protocol client may put between two Syncs, sensible or not.
Messages Writer::extended_piece() {
  switch (dice_.below(10)) {
    case 0: return {parse(maybe_name(), statement())};
    case 1: return {bind_to(maybe_name(), maybe_name())};
    case 2: return {dice_.one_in(2) ? describe_statement(maybe_name()) : describe_portal(maybe_name())};
    case 3: return {execute(maybe_name(), static_cast<std::uint32_t>(dice_.below(3)))};
    case 4: return {dice_.one_in(2) ? close_statement(maybe_name()) : close_portal(maybe_name())};
    case 5: return {flush()};
    case 6: return {parse("", filled(dice_.one_in(2) ? "BEGIN" : "COMMIT")), bind_to("", ""), execute()};
    case 7: {
      const std::string used = name();
      return {close_statement(used), parse(used, statement()), bind_to("", used), describe_portal(""), execute()};
    }
    case 8: {
      const std::string used = name();
      return {parse(used, "SELECT $1::text || 'x'"), bind_to(maybe_name(), used, {large()})};
    }
    default: return {parse("", statement()), bind_to("", ""), describe_portal(""), execute()};
  }
}

void Writer::pipeline() {
  Messages messages;
  const int syncs = 1 + static_cast<int>(dice_.below(3));
  int answers = syncs;
  for (int i = 0; i < syncs; ++i) {
    for (std::size_t piece = dice_.below(5); piece > 0; --piece) messages = std::move(messages) + extended_piece();
    messages.push_back(sync());
    if (dice_.one_in(6)) {
      messages.push_back(query(statement()));
      ++answers;
    }
  }
  say(std::move(messages), answers);
}

void Writer::flush_without_sync() {
  Messages first = extended_piece() + extended_piece();
  first.push_back(flush());
  say(std::move(first), 0);
  if (dice_.one_in(2)) {
    Messages second = extended_piece();
    second.push_back(flush());
    say(std::move(second), 0);
  }
  say({sync()});
}

void Writer::copy_in() {
  say({query(dice_.one_in(6) ? "COPY no_such FROM STDIN" : "COPY item FROM STDIN")}, 1, "GZ");
  for (std::size_t rows = dice_.below(3); rows > 0; --rows) say({copy_data(filled("$k1$d$d\t$k\tcopied\t1\n"))}, 0);
  switch (dice_.below(7)) {
    case 0: say({copy_data("not a row\n"), copy_data("more\n"), copy_done()}); break;
    case 1: say({copy_fail("the client has changed its mind")}); break;
    case 2: say({sync(), flush(), copy_done()}); break;
    case 3: say({copy_data("\\.\n"), copy_done()}); break;
    case 4: say({query("SELECT 'within COPY'")}); break;
    case 5: say({copy_data(filled("$k2$d$d\t$k\t") + large() + "\t1\n"), copy_done()}); break;
    default: say({copy_done()});
  }
}

void Writer::copy_in_extended() {
  Messages messages{parse("", "COPY item FROM STDIN"), bind_to("", ""), execute()};
  if (dice_.one_in(2)) messages.push_back(sync());
  messages.push_back(copy_data(filled("$k3$d$d\t$k\tcopied\t1\n")));
  if (dice_.one_in(4)) messages.push_back(copy_data("not a row\n"));
  messages.push_back(dice_.one_in(4) ? copy_fail("no") : copy_done());
  messages.push_back(sync());
  say(std::move(messages));
}

void Writer::copy_out() {
  constexpr std::array<std::string_view, 4> copies{
      "COPY (SELECT id, name FROM item WHERE owner = $k ORDER BY id) TO STDOUT",
      "COPY (SELECT repeat('c', 9000) FROM generate_series(1, 1 + $d)) TO STDOUT",
      "COPY (SELECT 10 / (5 - g) FROM generate_series(1, 9) g) TO STDOUT",
      "COPY item TO STDOUT (FORMAT nonsense)",
  };
  const std::string sql = filled(dice_.pick(copies));
  if (dice_.one_in(2)) return ask(sql);
  say({parse("", sql), bind_to("", ""), execute(), sync()});
}

void Writer::portal() {
  ask("BEGIN");
  const std::string used = maybe_name();
  say({parse("", filled("SELECT g, 'row' FROM generate_series(1, 1$d) g")), bind_to(used, ""), execute(used, 3),
       execute(used, 2), sync()});
  if (dice_.one_in(2)) say({execute(used, 4), describe_portal(used), sync()});
  if (dice_.one_in(3)) say({close_portal(used), execute(used), sync()});
  if (dice_.one_in(2)) {
    ask(filled("DECLARE c$d CURSOR FOR SELECT generate_series(1, 20)"));
    ask(filled("FETCH $d FROM c$d"));
    ask("MOVE 2 FROM c1");
    ask(filled("CLOSE c$d"));
  }
  ask(dice_.one_in(2) ? "COMMIT" : "ROLLBACK");
  if (dice_.one_in(2)) say({execute(used, 1), sync()});
}

void Writer::named() {
  const std::string used = name();
  switch (dice_.below(7)) {
    case 0: say({parse(used, statement()), sync()}); break;
    case 1: say({parse(used, "SELECT $1::int + 1"), describe_statement(used), sync()}); break;
    case 2: say({bind_to("", used, {"41"}), execute(), sync()}); break;
    case 3: say({bind_to("", used), describe_portal(""), execute(), sync()}); break;
    case 4: say({close_statement(used), sync()}); break;
    case 5: say({describe_statement("unknown"), sync()}); break;
    default: say({parse("", "SELECT 'unnamed'"), sync()}); say({bind_to("", ""), execute(), sync()});
  }
}

void Writer::deallocate() {
  const std::string sql =
      dice_.one_in(3) ? "DEALLOCATE " + name() : (dice_.one_in(2) ? "DEALLOCATE ALL" : "DISCARD ALL");
  if (dice_.one_in(2)) return ask(sql);
  const std::string used = name();
  say({parse(used, "SELECT 1"), bind_to("", used), execute(), parse("", sql), bind_to("", ""), execute(),
       bind_to("", used), execute(), sync()});
}

void Writer::sql_prepare() {
  constexpr std::array<std::string_view, 5> words{"PREPARE p$k AS SELECT $d + 1",
                                                  "PREPARE p$k (int) AS SELECT id FROM item WHERE id = $1",
                                                  "EXECUTE p$k", "EXECUTE p$k (1)", "DEALLOCATE p$k"};
  ask(filled(dice_.pick(words)));
}

void Writer::setting() {
  constexpr std::array<std::string_view, 24> words{
      "SET search_path = scratch, public",
      "SET LOCAL search_path = scratch",
      "RESET search_path",
      "SET work_mem = '1$dMB'",
      "SET application_name = 'client $k'",
      "SET DateStyle = 'German'",
      "SET TimeZone = 'Asia/Tokyo'",
      "SET client_encoding = 'LATIN1'",
      "SET IntervalStyle = 'iso_8601'",
      "SET standard_conforming_strings = off",
      "RESET ALL",
      "SET ROLE reader",
      "RESET ROLE",
      "SET SESSION AUTHORIZATION reader",
      "RESET SESSION AUTHORIZATION",
      "SELECT set_config('lk.own', 'value $d', false)",
      "SELECT set_config('lk.own', 'value $d', true)",
      "SET lk.own = 'direct $d'",
      "SET statement_timeout = '1$ds'",
      "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
      "SET default_transaction_read_only = on",
      "SET default_transaction_read_only = off",
      "SET no_such_setting = 1",
      "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
  };
  ask(filled(dice_.pick(words)));
}

void Writer::state() {
  constexpr std::array<std::string_view, 15> words{
      "CREATE TEMP TABLE t$k (a int)",
      "CREATE TEMP TABLE t$k AS SELECT $d AS a",
      "INSERT INTO t$k VALUES ($d)",
      "SELECT a FROM t$k ORDER BY a",
      "DROP TABLE t$k",
      "CREATE TEMP TABLE u$k (a int) ON COMMIT DROP",
      "SELECT pg_advisory_lock(100$k)",
      "SELECT pg_advisory_unlock(100$k)",
      "SELECT pg_advisory_unlock_all()",
      "SELECT pg_advisory_xact_lock(200$k)",
      "DECLARE held CURSOR WITH HOLD FOR SELECT generate_series(1, 9)",
      "FETCH 2 FROM held",
      "CLOSE held",
      "SELECT nextval('counter$k')",
      "SELECT nextval('counter$k') = currval('counter$k')",  // In one statement: see docs/recorder.md for others.
  };
  ask(filled(dice_.pick(words)));
}

void Writer::listening() {
  constexpr std::array<std::string_view, 6> words{"LISTEN news",
                                                  "LISTEN own$k",
                                                  "UNLISTEN news",
                                                  "UNLISTEN *",
                                                  "NOTIFY news, 'from $k: $d'",
                                                  "SELECT pg_notify('own$d', 'from $k')"};
  ask(filled(dice_.pick(words)));
}

void Writer::large_things() {
  const std::string size = std::to_string(dice_.pick(sizes));
  switch (dice_.below(3)) {
    case 0: return ask("SELECT repeat('l', " + size + "), repeat('m', " + size + ")");
    case 1: return ask("SELECT repeat('n', 1000000)");
    default:
      say({parse("", "SELECT length($1::text), $2::text"), bind_to("", "", {large(), large()}), describe_portal(""),
           execute(), sync()});
  }
}

void Writer::fastpath() {
  constexpr std::uint32_t int4pl = 177, int4div = 154, no_such = 1;
  switch (dice_.below(4)) {
    case 0: say({function_call(int4div, {"1", "0"})}); break;
    case 1: say({function_call(no_such, {"1"})}); break;
    case 2: say({function_call(int4pl, {"1", std::nullopt})}); break;
    default: say({function_call(int4pl, {"20", "22"})});
  }
}

// What a session must still have, and must not have from others.
void Writer::look() {
  constexpr std::array<std::string_view, 10> looks{
      "SHOW search_path",
      "SELECT current_user, session_user",
      "SHOW application_name",
      "SHOW TimeZone",
      "SELECT coalesce(current_setting('lk.own', true), '')",
      "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()",
      "SELECT pg_listening_channels() ORDER BY 1",
      "SELECT name, is_holdable FROM pg_cursors ORDER BY 1",
      "SELECT name, setting FROM pg_settings WHERE name IN ('work_mem', 'statement_timeout', "
      "'default_transaction_read_only') ORDER BY 1",
      "SELECT relname FROM pg_class WHERE relpersistence = 't' AND pg_table_is_visible(oid) ORDER BY 1",
  };
  ask(std::string(dice_.pick(looks)));
}

void Writer::strange() {
  switch (dice_.below(9)) {
    case 0: say({Message{'y', "?"}}); break;
    case 1: say({raw_bytes(std::string("Q\0\0\0\1", 5))}); break;
    case 2: say({Message{'Q', "no terminator"}}); break;
    case 3: say({Message{'B', ""}, sync()}); break;
    case 4: say({Message{'D', std::string("Xname\0", 6)}, sync()}); break;
    case 5: say({copy_data("stray"), copy_done(), copy_fail("stray"), query("SELECT 'after stray COPY'")}); break;
    case 6: say({Message{'p', std::string("password\0", 9)}}); break;
    case 7: say({query(std::string(dice_.one_in(2) ? 1'000'000 : 20'000, ' ') + "SELECT 1")}); break;
    default: say({terminate()}, 0);
  }
}

void Writer::block() {
  struct Weighted {
    std::size_t weight;
    Block block;
  };
  static constexpr std::array<Weighted, 19> blocks{{{10, &Writer::simple},
                                                    {14, &Writer::transaction},
                                                    {6, &Writer::one_shot},
                                                    {10, &Writer::pipeline},
                                                    {3, &Writer::flush_without_sync},
                                                    {4, &Writer::copy_in},
                                                    {4, &Writer::copy_in_extended},
                                                    {3, &Writer::copy_out},
                                                    {4, &Writer::portal},
                                                    {10, &Writer::named},
                                                    {5, &Writer::deallocate},
                                                    {4, &Writer::sql_prepare},
                                                    {8, &Writer::setting},
                                                    {8, &Writer::state},
                                                    {5, &Writer::listening},
                                                    {2, &Writer::large_things},
                                                    {2, &Writer::fastpath},
                                                    {9, &Writer::look},
                                                    {1, &Writer::strange}}};
  std::size_t sum = 0;
  for (const Weighted& one : blocks) sum += one.weight;
  std::size_t drawn = dice_.below(sum);
  for (const Weighted& one : blocks) {
    if (drawn < one.weight) return (this->*one.block)();
    drawn -= one.weight;
  }
}

Login arrival(Dice& dice) {
  Login login;
  if (dice.one_in(3)) login.minor = 2;
  if (dice.one_in(3)) login.more.emplace_back("application_name", "arrived");
  if (dice.one_in(4)) login.more.emplace_back("options", "-c search_path=scratch -c lk.own=given");
  if (dice.one_in(4)) login.more.emplace_back("TimeZone", "Europe/Paris");
  if (dice.one_in(6)) login.more.emplace_back("client_encoding", "LATIN1");
  return login;
}

}  // namespace

Script generate(std::uint64_t seed, bool plain) {
  Dice dice(seed);
  std::vector<std::vector<Step>> streams;
  for (std::size_t client = 0; client < clients; ++client) {
    Writer writer(dice, client);
    const std::size_t blocks = 4 + dice.below(12);
    for (std::size_t i = 0; i < blocks; ++i) writer.block();
    streams.push_back(writer.take());
    for (Step& step : streams.back()) {
      if (!plain) step.login = arrival(dice);
    }
  }
  // Taken from the front, by chance, as the network would have it.
  Script script;
  std::vector<std::size_t> taken(clients, 0);
  for (;;) {
    std::vector<std::size_t> left;
    for (std::size_t client = 0; client < clients; ++client) {
      if (taken[client] < streams[client].size()) left.push_back(client);
    }
    if (left.empty()) return script;
    const std::size_t client = left[dice.below(left.size())];
    script.push_back(std::move(streams[client][taken[client]++]));
  }
}

std::string stage_sql() {
  return "SET client_min_messages = error; SET lock_timeout = '10s';"
         "CREATE SCHEMA scratch; CREATE ROLE reader;"
         "CREATE TABLE item (id int PRIMARY KEY, owner int, name text, price numeric);"
         "CREATE SEQUENCE counter1; CREATE SEQUENCE counter2; CREATE SEQUENCE counter3;"
         "GRANT SELECT ON item TO reader";
}

std::string clean_sql() {
  return "DO $$DECLARE made text; BEGIN FOR made IN SELECT relname FROM pg_class WHERE relnamespace = "
         "'scratch'::regnamespace "
         "AND relkind = 'r' LOOP EXECUTE 'DROP TABLE scratch.' || made; END LOOP; END$$;"
         "DELETE FROM item;"
         "INSERT INTO item SELECT 100 * o + d, o, 'item ' || d, d FROM generate_series(1, 3) o, generate_series(0, 9) "
         "d;"
         "SELECT setval('counter1', 1, false), setval('counter2', 1, false), setval('counter3', 1, false)";
}

}  // namespace lockkeeper::testing
