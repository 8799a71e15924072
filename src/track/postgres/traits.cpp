#include "track/postgres/traits.hpp"

#include <algorithm>
#include <utility>

#include "track/postgres/traits_items.hpp"
#include "track/postgres/traits_names.hpp"

namespace lockkeeper::track::postgres {
namespace {

const Item nothing;

/// One statement's items, read from the front.
class Reader {
 public:
  explicit Reader(const std::vector<Item>& items) noexcept : items_(items) {}

  [[nodiscard]] const Item& at(std::size_t index) const noexcept {
    return index < items_.size() ? items_[index] : nothing;
  }
  [[nodiscard]] const Item& peek(std::size_t ahead = 0) const noexcept { return at(next_ + ahead); }
  bool skip(std::string_view word) noexcept {
    if (!peek().is(word)) return false;
    ++next_;
    return true;
  }
  /// a or a.b.c
  std::string dotted_name() {
    if (!peek().named()) return {};
    std::string name = items_[next_++].text;
    while (peek().text == "." && peek(1).named()) {
      name += "." + peek(1).text;
      next_ += 2;
    }
    return name;
  }
  [[nodiscard]] std::size_t size() const noexcept { return items_.size(); }
  [[nodiscard]] bool contains(std::string_view word) const noexcept {
    return std::ranges::any_of(items_, [&](const Item& item) { return item.is(word); });
  }
  [[nodiscard]] bool contains(std::string_view first, std::string_view second) const noexcept {
    for (std::size_t index = 1; index < items_.size(); ++index) {
      if (items_[index - 1].is(first) && items_[index].is(second)) return true;
    }
    return false;
  }

 private:
  const std::vector<Item>& items_;
  std::size_t next_ = 0;
};

class Scan {
 public:
  void statement(const std::vector<Item>& items) {
    Reader reader(items);
    anywhere(reader);
    first_word(reader);
  }

  [[nodiscard]] Traits take() && {
    if (named_) traits_.set_names(std::make_shared<const TraitNames>(std::move(names_)));
    return std::move(traits_);
  }
  Traits& traits() noexcept { return traits_; }

 private:
  // --- What may stand anywhere in a statement ---

  void anywhere(const Reader& reader) {
    const bool explain = reader.at(0).is("explain");
    for (std::size_t index = 0; index < reader.size(); ++index) {
      const Item& item = reader.at(index);
      if (item.named()) name(item);
      if (item.is("temp") || item.is("temporary")) temporary(reader, index);
      if (item.is("into") && index > 0 && !writes_into(reader, index)) traits_.add(Trait::create);
      if (item.is("create") && explain) traits_.add(Trait::create);
      if (item.is("execute")) execute(reader, index, explain);
      // The lexer takes a[:f(1)] for a parameter named f.
      if (item.kind == Item::Kind::literal && reader.at(index + 1).kind == Item::Kind::open) {
        traits_.add(Trait::unknown_effects);
      }
    }
  }

  void name(const Item& item) {
    if (item.escaped) traits_.add(Trait::unknown_effects);
    if (const auto trait = trait_of_name(item.text)) traits_.add(*trait);
  }

  // INSERT INTO temp, MERGE INTO temp: a table of that name.
  static bool writes_into(const Reader& reader, std::size_t into) noexcept {
    return reader.at(into - 1).is("insert") || reader.at(into - 1).is("merge");
  }

  void temporary(const Reader& reader, std::size_t index) noexcept {
    if (index == 0) return;
    const Item& before = reader.at(index - 1);
    const bool made = before.is("create") || before.is("replace") || before.is("local") || before.is("global");
    const bool into = before.is("into") && index > 1 && !writes_into(reader, index - 1);
    if (made || into) traits_.add(Trait::temporary);
  }

  // EXECUTE p; EXPLAIN EXECUTE p; CREATE TABLE t AS EXECUTE p. Not GRANT EXECUTE ON, not a trigger's EXECUTE FUNCTION.
  void execute(const Reader& reader, std::size_t index, bool explain) {
    const bool makes = reader.at(0).is("create") && index > 0 && reader.at(index - 1).is("as");
    if (index != 0 && !explain && !makes) return;
    traits_.add(Trait::sql_execute);
    if (reader.at(index + 1).named()) note(names_.executed, reader.at(index + 1).text);
  }

  // --- What the first word says ---

  void first_word(Reader& reader) {
    const Item& first = reader.at(0);
    if (first.kind != Item::Kind::word) return;
    if (const auto trait = trait_of_verb(first.text)) traits_.add(*trait);
    static_cast<void>(reader.skip(first.text));
    if (first.is("set")) return set(reader);
    if (first.is("reset")) return reset(reader);
    if (first.is("prepare")) return prepare(reader);
    if (first.is("deallocate")) return deallocate(reader);
    if (first.is("discard")) return traits_.add(reader.peek().is("all") ? Trait::discard_all : Trait::discard);
    if (first.is("declare") && reader.contains("with", "hold")) traits_.add(Trait::hold_cursor);
    const bool ends = first.is("commit") || first.is("end") || first.is("rollback") || first.is("abort");
    if (ends && reader.contains("and", "chain")) traits_.add(Trait::chained);
  }

  void prepare(Reader& reader) {
    // PREPARE TRANSACTION 'id'; but a statement may have that name too.
    if (reader.peek().is("transaction") && reader.peek(1).kind == Item::Kind::literal) return;
    traits_.add(Trait::sql_prepare);
    if (reader.peek().named()) note(names_.prepared, reader.peek().text);
  }

  void deallocate(Reader& reader) {
    if (reader.peek(1).named()) reader.skip("prepare");
    if (reader.peek().is("all")) return traits_.add(Trait::deallocate_all);
    traits_.add(Trait::deallocate);
    if (reader.peek().named()) note(names_.deallocated, reader.peek().text);
  }

  // --- Parameters ---

  void set(Reader& reader) {
    if (is_assignment(reader, 1)) return assign(reader);
    if (reader.peek().is("local") || reader.peek().is("constraints") || reader.peek().is("transaction")) return;
    if (reader.peek().is("session") && reader.peek(1).named()) {
      if (!reader.peek(1).is("authorization")) reader.skip("session");
    }
    if (reader.skip("characteristics")) return characteristics(reader);
    assign(reader);
  }

  // SET transaction = x names a parameter, SET TRANSACTION READ ONLY does not.
  static bool is_assignment(const Reader& reader, std::size_t ahead) noexcept {
    return reader.peek(ahead).is("to") || reader.peek(ahead).text == "=" || reader.peek(ahead).text == ".";
  }

  void assign(Reader& reader) {
    if (reader.contains("to", "default") || reader.peek(2).is("default")) traits_.add(Trait::reset);
    parameter(reader);
  }

  void reset(Reader& reader) {
    traits_.add(Trait::reset);
    parameter(reader);
  }

  void parameter(Reader& reader) {
    traits_.add(Trait::set_session);
    std::string name = is_assignment(reader, 1) ? std::string() : special_parameter(reader);
    if (name.empty()) name = reader.dotted_name();
    std::ranges::transform(name, name.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (!name.empty()) note(names_.parameters, std::move(name));
  }

  // Those with a syntax of their own.
  static std::string special_parameter(Reader& reader) {
    if (reader.peek().is("time") && reader.peek(1).is("zone")) return "timezone";
    if (reader.peek().is("session") && reader.peek(1).is("authorization")) return "session_authorization";
    if (reader.peek().is("transaction") && reader.peek(1).is("isolation")) return "transaction_isolation";
    if (reader.peek().is("xml") && reader.peek(1).is("option")) return "xmloption";
    if (reader.peek().is("names")) return "client_encoding";
    if (reader.peek().is("schema")) return "search_path";
    return {};
  }

  // SET SESSION CHARACTERISTICS AS TRANSACTION ...
  void characteristics(const Reader& reader) {
    traits_.add(Trait::set_session);
    if (reader.contains("isolation")) note(names_.parameters, "default_transaction_isolation");
    if (reader.contains("read", "only") || reader.contains("read", "write")) {
      note(names_.parameters, "default_transaction_read_only");
    }
    if (reader.contains("deferrable")) note(names_.parameters, "default_transaction_deferrable");
  }

  void note(std::vector<std::string>& list, std::string name) {
    named_ = true;
    if (std::ranges::find(list, name) == list.end()) list.push_back(std::move(name));
  }

  Traits traits_;
  TraitNames names_;
  bool named_ = false;
};

}  // namespace

Scanned scan_traits(std::string_view normalized, bool truncated) {
  Scan scan;
  Scanned scanned;
  for (const ItemList& statement : cut_into_items(normalized)) {
    scan.statement(statement.items);
    if (statement.inner) continue;
    scan.traits().add_statement(statement.kind);
    scanned.last = statement.kind;
  }
  if (truncated) scan.traits().add(Trait::unknown_effects);
  scanned.traits = std::move(scan).take();
  return scanned;
}

}  // namespace lockkeeper::track::postgres
