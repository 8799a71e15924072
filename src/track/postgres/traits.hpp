// What must be known about a text before the server answers: which statements are in it, and whether it may leave
// something in the session that outlives the transaction.
//
// Suspicions, not knowledge: the server is asked afterwards (pin_check.hpp). A false one costs that question, so
// whatever is doubtful is suspected. What no text shows cannot be: a function, a trigger or a view that takes an
// advisory lock, LISTENs by EXECUTE or makes a temporary table looks like any other name. DO and CALL, whose bodies are
// literals or elsewhere, are `unknown_effects`. So this guards against accidents between clients, not against a client
// that hides.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sql/statement_kind.hpp"

namespace lockkeeper::track::postgres {

enum class Trait : std::uint8_t {
  // What may make state that outlives the transaction.
  listen,
  session_advisory_lock,  ///< pg_advisory_lock and its like; not the ..._xact_... ones.
  temporary,              ///< CREATE TEMP ..., SELECT INTO TEMP, or anything named pg_temp.
  create,                 ///< Any CREATE or SELECT INTO: temporary where pg_temp leads the search_path.
  hold_cursor,            ///< DECLARE ... WITH HOLD.
  sql_prepare,            ///< PREPARE name AS: `prepared()`.
  sql_execute,            ///< EXECUTE name: `executed()`. What it runs is not in the text.
  set_session,            ///< SET and RESET, but not SET LOCAL, TRANSACTION or CONSTRAINTS: `parameters()`.
  set_config,             ///< The function; which parameter is a literal: config_calls (traits_set_config.hpp).
  replication_slot,       ///< A function that makes one, which may be temporary.
  unknown_effects,        ///< DO, CALL; a text that was cut off; a name in Unicode escapes.
  // The same, but the server cannot be asked about it.
  load,            ///< LOAD 'library'.
  untold,          ///< Functions that keep something for the session: a backup under way, a dblink connection.
  sequence_value,  ///< currval, lastval: reads what the session did before.
  // What may unmake it.
  unlisten,
  advisory_unlock,
  close_cursor,
  deallocate,  ///< By name: `deallocated()`.
  deallocate_all,
  discard,  ///< PLANS, SEQUENCES or TEMP.
  discard_all,
  reset,  ///< RESET, SET ... TO DEFAULT: `set_session` as well.
  drop,
  // Other.
  cursor,   ///< DECLARE, with or without HOLD.
  chained,  ///< COMMIT or ROLLBACK AND CHAIN: another transaction is open after it.
};

/// A set of traits.
template <std::same_as<Trait>... Each>
[[nodiscard]] constexpr std::uint32_t traits_mask(Each... each) noexcept {
  return ((std::uint32_t{1} << static_cast<unsigned>(each)) | ... | 0U);
}

/// After these, ask the server whether the connection still holds what another client must not get.
inline constexpr std::uint32_t makes_state =
    traits_mask(Trait::listen, Trait::session_advisory_lock, Trait::temporary, Trait::create, Trait::hold_cursor,
                Trait::sql_prepare, Trait::sql_execute, Trait::set_session, Trait::set_config, Trait::replication_slot,
                Trait::unknown_effects, Trait::load, Trait::untold, Trait::sequence_value);
/// Its answer will not show these.
inline constexpr std::uint32_t makes_untold_state = traits_mask(Trait::load, Trait::untold, Trait::sequence_value);
/// After these, a connection that is held because of its state may have none any more. (After unknown_effects and
/// sql_execute too.)
inline constexpr std::uint32_t unmakes_state =
    traits_mask(Trait::unlisten, Trait::advisory_unlock, Trait::close_cursor, Trait::deallocate, Trait::deallocate_all,
                Trait::discard, Trait::discard_all, Trait::reset, Trait::drop, Trait::set_config, Trait::set_session,
                Trait::replication_slot, Trait::sql_execute, Trait::unknown_effects);

/// Names in a text, as the server compares them: folded to lower case unless quoted, without quotes.
struct TraitNames {
  std::vector<std::string> parameters;  ///< Lower case; "all" of RESET ALL.
  std::vector<std::string> prepared;
  std::vector<std::string> executed;
  std::vector<std::string> deallocated;
};

/// Of a whole text: the union over its statements. A plain value, cheap to copy: names are shared, and rare.
class Traits {
 public:
  [[nodiscard]] bool has(Trait trait) const noexcept { return has_any(traits_mask(trait)); }
  [[nodiscard]] bool has_any(std::uint32_t mask) const noexcept { return (traits_ & mask) != 0; }
  /// Whether a statement of that kind is in it. The last one's is Statement::kind.
  [[nodiscard]] bool has(sql::StatementKind kind) const noexcept { return (kinds_ & bit(kind)) != 0; }
  /// Statements that are not empty; more than 65,535 are as many.
  [[nodiscard]] std::size_t statements() const noexcept { return statements_; }

  /// What SET and RESET name. SET ROLE is "role", SESSION AUTHORIZATION "session_authorization", TIME ZONE "timezone",
  /// NAMES "client_encoding", SCHEMA "search_path", XML OPTION "xmloption", SESSION CHARACTERISTICS
  /// "default_transaction_...".
  [[nodiscard]] std::span<const std::string> parameters() const noexcept { return list(&TraitNames::parameters); }
  [[nodiscard]] std::span<const std::string> prepared() const noexcept { return list(&TraitNames::prepared); }
  [[nodiscard]] std::span<const std::string> executed() const noexcept { return list(&TraitNames::executed); }
  [[nodiscard]] std::span<const std::string> deallocated() const noexcept { return list(&TraitNames::deallocated); }
  /// The name, where DEALLOCATE name is all there is in the text.
  [[nodiscard]] std::optional<std::string_view> deallocate_name() const noexcept {
    if (statements_ != 1 || deallocated().empty()) return std::nullopt;
    return deallocated().front();
  }

  // Whoever reads a text builds it.
  void add(Trait trait) noexcept { traits_ |= traits_mask(trait); }
  void add_statement(sql::StatementKind kind) noexcept {
    kinds_ |= bit(kind);
    if (statements_ != UINT16_MAX) ++statements_;
  }
  void set_names(std::shared_ptr<const TraitNames> names) noexcept { names_ = std::move(names); }

 private:
  static constexpr std::uint32_t bit(sql::StatementKind kind) noexcept {
    static_assert(static_cast<unsigned>(sql::StatementKind::empty) < 32);
    return std::uint32_t{1} << static_cast<unsigned>(kind);
  }
  [[nodiscard]] std::span<const std::string> list(std::vector<std::string> TraitNames::* which) const noexcept {
    if (!names_) return {};
    return (*names_).*which;
  }

  std::uint32_t traits_ = 0;
  std::uint32_t kinds_ = 0;
  std::uint16_t statements_ = 0;
  std::shared_ptr<const TraitNames> names_;
};

/// What a scan of a normalized text says.
struct Scanned {
  Traits traits;
  sql::StatementKind last = sql::StatementKind::empty;  ///< Of the last statement that is not empty.
};

/// `normalized`: sql::Statement::normalized, where literals are `?` and comments are gone; `truncated` as there. Hence
/// a function of the fingerprint: texts of one shape have the same traits.
[[nodiscard]] Scanned scan_traits(std::string_view normalized, bool truncated);

/// DEALLOCATE ALL or DISCARD ALL is in it: names of prepared statements go.
[[nodiscard]] inline bool drops_all(const Traits& traits) noexcept {
  return traits.has(Trait::deallocate_all) || traits.has(Trait::discard_all);
}

}  // namespace lockkeeper::track::postgres
