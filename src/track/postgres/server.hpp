// What a server connection has in it that outlives one client's use: parameters, prepared statements, transaction
// status.
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "model/time.hpp"
#include "track/postgres/parameters.hpp"
#include "track/postgres/pin_check.hpp"
#include "track/postgres/prepared.hpp"
#include "wire/postgres/backend.hpp"

namespace lockkeeper::track::postgres {

/// Belongs to whoever holds the connection.
class Server {
 public:
  /// Prepared statements of ours that one connection holds at most; the one used longest ago makes way.
  explicit Server(std::size_t most_prepared) : most_prepared_(most_prepared) {}

  Parameters parameters;
  wire::postgres::TransactionStatus status = wire::postgres::TransactionStatus::idle;
  FreshSession fresh;   ///< As it was right after login.
  PreparedPtr unnamed;  ///< What its unnamed statement is; nullptr: there is none, or it is not known.

  /// Marks it as used just now. Also what is being made.
  [[nodiscard]] bool has(const PreparedPtr& prepared);
  /// In another batch than this one: it may still be skipped there.
  [[nodiscard]] bool is_being_made(const Prepared& prepared, std::uint64_t not_in) const;
  /// Is being made: since `now`, in `batch` (never 0).
  void add(const PreparedPtr& prepared, model::WallTime now, std::uint64_t batch);
  /// It has been, in this batch.
  void confirm(const Prepared& prepared, std::uint64_t batch);
  /// It has not: gone, if nothing later makes it.
  void undo(const Prepared& prepared, std::uint64_t batch);
  /// Since when it has it; only where it has.
  [[nodiscard]] model::WallTime made_at(const Prepared& prepared) const { return where_.at(&prepared)->made_at; }
  void remove(const Prepared& prepared);
  /// It may still be there, and must not be used: its name is to be closed before the next one is made.
  void forget(const Prepared& prepared);
  [[nodiscard]] std::vector<std::string> take_forgotten() noexcept { return std::exchange(forgotten_, {}); }
  void forget_all() noexcept;
  /// The statement to be closed for another one, removed from here already; nullptr while there is room.
  [[nodiscard]] PreparedPtr make_room();
  [[nodiscard]] std::size_t prepared() const noexcept { return by_use_.size(); }

 private:
  struct Made {
    PreparedPtr prepared;
    model::WallTime made_at;
    std::uint64_t open_in;  // 0: it is there.
  };

  std::size_t most_prepared_;
  std::vector<std::string> forgotten_;
  std::list<Made> by_use_;  // The one used last in front.
  std::unordered_map<const Prepared*, std::list<Made>::iterator> where_;
};

}  // namespace lockkeeper::track::postgres
