// The outbox's statements, in each database's own words.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <lockkeeper/connection.hpp>

namespace lockkeeper::client {

/// One table's statements on one engine. Parameters are named in the order in which they are bound; durations are
/// counts of microseconds.
class OutboxSql {
 public:
  OutboxSql(Engine engine, std::string_view table);

  [[nodiscard]] Engine engine() const noexcept { return engine_; }

  /// idempotency key, topic, key, payload. Returns the id where the engine can; else last_id tells it.
  [[nodiscard]] std::string add() const;
  /// Empty where add returns it.
  [[nodiscard]] std::string_view last_id() const noexcept;

  /// limit -> id, key, attempts, was claimed (1 or 0): due, and behind no message of the key that is not due.
  [[nodiscard]] std::string look() const;
  /// Whether look takes the present time twice before its limit.
  [[nodiscard]] bool binds_now() const noexcept { return engine_ == Engine::sqlite; }
  /// ids -> id, topic, key, payload, idempotency key, attempts, created at: those that are still due and that nobody
  /// else has locked, locked.
  [[nodiscard]] std::string lock(std::size_t ids) const;
  /// token, claim time, ids.
  [[nodiscard]] std::string claim(std::size_t ids) const;
  /// token, ids: gives back what was not tried.
  [[nodiscard]] std::string release(std::size_t ids) const;

  /// id. Whoever holds the claim: what has happened has happened.
  [[nodiscard]] std::string delivered() const;
  /// pause, error, id, token.
  [[nodiscard]] std::string retry() const;
  /// error, id, token.
  [[nodiscard]] std::string bury() const;
  /// error, id: a message whose last claim has expired.
  [[nodiscard]] std::string bury_expired() const;

  /// age, limit -> the columns of OutboxRecord.
  [[nodiscard]] std::string without_outcome() const;
  /// limit -> the same.
  [[nodiscard]] std::string dead_letters() const;
  /// id.
  [[nodiscard]] std::string requeue() const;
  /// age, limit.
  [[nodiscard]] std::string purge() const;

  // --- the schema ---
  [[nodiscard]] std::string create_versions() const;
  /// component -> version.
  [[nodiscard]] std::string version() const;
  /// component, version.
  [[nodiscard]] std::string insert_version() const;
  /// version, component.
  [[nodiscard]] std::string update_version() const;
  /// From nothing to version 1. Each may be run again.
  [[nodiscard]] std::vector<std::string> create() const;

 private:
  /// {table}, {now}, {later} and {ago} (which take a parameter), {ids} and ? become what the engine writes.
  [[nodiscard]] std::string write(std::string_view shape, std::size_t ids = 0) const;
  [[nodiscard]] std::string word(std::string_view name) const;

  Engine engine_;
  std::string table_;     ///< Quoted, with its schema.
  std::string versions_;  ///< Quoted, in the same schema.
  std::string plain_;     ///< The last part, not quoted.
  std::string schema_;    ///< Not quoted; empty: none.
};

/// How many placeholders a list of so many ids gets: few different statements are kept prepared so. The rest repeats
/// the last id.
[[nodiscard]] std::size_t padded_ids(std::size_t ids) noexcept;

/// Of the last part of a table's name; indexes are named after it.
inline constexpr std::size_t longest_outbox_name = 48;

}  // namespace lockkeeper::client
