#include "sql/keywords.hpp"

namespace lockkeeper::sql {
namespace {

struct Named {
  std::string_view word;
  Keyword keyword;
};

constexpr Named named[] = {
    {"abort", Keyword::abort_},
    {"alter", Keyword::alter},
    {"analyse", Keyword::analyze},
    {"analyze", Keyword::analyze},
    {"begin", Keyword::begin},
    {"call", Keyword::call},
    {"check", Keyword::check},
    {"checkpoint", Keyword::checkpoint},
    {"close", Keyword::close},
    {"cluster", Keyword::cluster},
    {"comment", Keyword::comment},
    {"commit", Keyword::commit},
    {"copy", Keyword::copy},
    {"create", Keyword::create},
    {"deallocate", Keyword::deallocate},
    {"declare", Keyword::declare},
    {"delete", Keyword::delete_},
    {"desc", Keyword::describe},
    {"describe", Keyword::describe},
    {"discard", Keyword::discard},
    {"do", Keyword::do_},
    {"drop", Keyword::drop},
    {"end", Keyword::end},
    {"execute", Keyword::execute},
    {"explain", Keyword::explain},
    {"fetch", Keyword::fetch},
    {"flush", Keyword::flush},
    {"for", Keyword::for_},
    {"from", Keyword::from},
    {"grant", Keyword::grant},
    {"handler", Keyword::handler},
    {"import", Keyword::import},
    {"in", Keyword::in},
    {"insert", Keyword::insert},
    {"is", Keyword::is},
    {"key", Keyword::key},
    {"kill", Keyword::kill},
    {"listen", Keyword::listen},
    {"load", Keyword::load},
    {"lock", Keyword::lock},
    {"merge", Keyword::merge},
    {"move", Keyword::move},
    {"not", Keyword::not_},
    {"notify", Keyword::notify},
    {"on", Keyword::on},
    {"optimize", Keyword::optimize},
    {"prepare", Keyword::prepare},
    {"prepared", Keyword::prepared},
    {"reassign", Keyword::reassign},
    {"recover", Keyword::recover},
    {"refresh", Keyword::refresh},
    {"reindex", Keyword::reindex},
    {"release", Keyword::release},
    {"rename", Keyword::rename},
    {"repair", Keyword::repair},
    {"replace", Keyword::replace},
    {"reset", Keyword::reset},
    {"returns", Keyword::returns},
    {"revoke", Keyword::revoke},
    {"rollback", Keyword::rollback},
    {"savepoint", Keyword::savepoint},
    {"security", Keyword::security},
    {"select", Keyword::select},
    {"set", Keyword::set},
    {"share", Keyword::share},
    {"show", Keyword::show},
    {"start", Keyword::start},
    {"table", Keyword::table},
    {"to", Keyword::to},
    {"transaction", Keyword::transaction},
    {"truncate", Keyword::truncate},
    {"uescape", Keyword::uescape},
    {"unlisten", Keyword::unlisten},
    {"unlock", Keyword::unlock},
    {"update", Keyword::update},
    {"use", Keyword::use},
    {"vacuum", Keyword::vacuum},
    {"values", Keyword::values},
    {"with", Keyword::with},
    {"xa", Keyword::xa},
};

// PostgreSQL's reserved words and those it only allows as names of types and functions.
constexpr std::string_view pg_words =
    "all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation "
    "column concurrently constraint create cross current_catalog current_date current_role current_schema "
    "current_time current_timestamp current_user default deferrable desc distinct do else end except false fetch for "
    "foreign freeze from full grant group having ilike in initially inner intersect into is isnull join lateral "
    "leading left like limit localtime localtimestamp natural not notnull null offset on only or order outer overlaps "
    "placing primary references returning right select session_user similar some symmetric table tablesample then to "
    "trailing true union unique user using variadic verbose when where window with ";

// MySQL's and MariaDB's reserved words.
constexpr std::string_view mysql_words =
    "add all alter analyze and as asc before between bigint binary blob both by call cascade case change char "
    "character check collate column condition constraint continue convert create cross current_date current_time "
    "current_timestamp current_user cursor database databases declare decimal default delayed delete desc describe "
    "deterministic distinct distinctrow div double drop dual each else elseif enclosed escaped except exists exit "
    "explain false fetch float for force foreign from fulltext generated grant group groups having high_priority if "
    "ignore in index infile inner inout insert int integer intersect interval into is iterate join key keys kill "
    "lateral leading leave left like limit lines load localtime localtimestamp lock longblob longtext loop "
    "low_priority match mediumblob mediumint mediumtext mod natural not null numeric of on optimize option or order "
    "out outer outfile over partition precision primary procedure purge range read recursive references regexp release "
    "rename repeat replace require restrict return returning revoke right rlike row rows schema schemas select "
    "separator set show signal smallint spatial sql sql_calc_found_rows straight_join table terminated then tinyblob "
    "tinyint tinytext to trailing trigger true undo union unique unlock unsigned update usage use using values "
    "varbinary varchar varying when where while window with write xor zerofill ";

constexpr std::string_view leading_words =
    "all and any as between by call case check distinct div else elseif except execute for from having if ilike in "
    "intersect into is like limit mod not offset on or regexp return returning rlike select set similar some then to "
    "union until using value values when where while xor ";

constexpr std::string_view clause_words =
    "as by except fetch for from group having intersect into join limit offset on order partition returning select "
    "set union using value values where window with ";

constexpr std::string_view literal_words = "false null true ";

constexpr std::string_view function_words =
    "abs any array_agg avg cast ceil char_length coalesce concat concat_ws convert count count_big curdate "
    "current_timestamp curtime database date_add date_format date_sub date_trunc datediff extract floor "
    "from_unixtime gen_random_uuid generate_series get_lock greatest group_concat if ifnull json_agg json_extract "
    "json_object jsonb_agg jsonb_build_object last_insert_id least left length lower max min mod now nullif pg_sleep "
    "position rand random release_lock replace right round row row_number sleep some string_agg substr substring sum "
    "sysdate timestampdiff to_char to_timestamp trim unix_timestamp upper uuid version ";

// Neither reserved nor functions, but words of the language: MySQL folds their case.
constexpr std::string_view plain_words =
    "after against algorithm at authorization auto_increment autocommit bit bool boolean cascaded chain charset clob "
    "collation columns committed concurrent conflict connection consistent constraints cross data date datetime day "
    "deferred definer disable duplicate enable engine enum escape event events execute exists extended fields filter "
    "first following format full function global hash hour identified immediate inplace instance invoker isolation "
    "json language last level local locked logs master materialized matched minute mode modify month names national "
    "next no none nothing nowait nulls only ordinality over password phase plan preceding privileges processlist quick "
    "recursive regexp repeatable replica resume returns rollup second serializable session signed skip slave snapshot "
    "some sounds source status storage suspend tables temporary text time timestamp triggers unbounded uncommitted "
    "undefined unknown until value variables view warnings week work year ";

constexpr std::string_view verb_words = "delete insert replace select update ";

constexpr WordKey key_of(std::string_view word) {
  WordKey key{};
  for (std::size_t at = 0; at < word.size(); ++at) {
    key[at / 8] |= std::uint64_t{static_cast<unsigned char>(word[at])} << (at % 8 * 8);
  }
  return key;
}

constexpr KnownWord& known_word(WordTable& table, std::string_view text) {
  const WordKey key = key_of(text);
  std::size_t slot = WordTable::slot_of(key);
  for (; table.slots[slot] != 0; slot = (slot + 1) % WordTable::slot_count) {
    WordTable::Entry& found = table.entries[table.slots[slot]];
    if (found.key == key) return found.word;
    found.shared = ~std::uint64_t{0};
  }
  WordTable::Entry& entry = table.entries[table.size];
  entry = {key, {Keyword::other, 0}, 0};
  table.slots[slot] = static_cast<std::uint16_t>(table.size++);
  return entry.word;
}

constexpr void add(WordTable& table, std::string_view words, std::uint8_t flags) {
  for (std::size_t begin = 0; begin < words.size();) {
    const std::size_t end = words.find(' ', begin);
    KnownWord& found = known_word(table, words.substr(begin, end - begin));
    found.flags = static_cast<std::uint8_t>(found.flags | flags);
    begin = end + 1;
  }
}

consteval WordTable make_table() {
  WordTable table;
  for (const Named& name : named) known_word(table, name.word).keyword = name.keyword;
  add(table, pg_words, pg_reserved);
  add(table, mysql_words, mysql_reserved);
  add(table, leading_words, leads);
  add(table, clause_words, clause);
  add(table, literal_words, literal);
  add(table, function_words, function);
  add(table, verb_words, verb);
  add(table, plain_words, 0);
  return table;
}

}  // namespace

constinit const WordTable known_words = make_table();

}  // namespace lockkeeper::sql
