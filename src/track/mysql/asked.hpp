// What a server still has to answer, in order.
//
// The protocol is one command at a time; but a server reads on only when it has answered, so drivers send several in
// advance (MariaDB's do: a prepare with its execute, a batch of executes), and the answers come in that order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "model/fact.hpp"
#include "model/lease.hpp"
#include "track/mysql/bound_values.hpp"
#include "track/mysql/statement_cache.hpp"
#include "track/mysql/used_database.hpp"
#include "wire/mysql/command.hpp"

namespace lockkeeper::track::mysql {

struct Prepared {
  model::StatementPtr statement;
  model::UnitId unit;                            ///< From the text's tags.
  std::shared_ptr<const UsedDatabases> used;     ///< nullptr: no USE is in it.
  std::uint64_t text = 0;                        ///< Its hash; 0: not known.
  std::uint32_t number = 0;                      ///< The server's, once it has said so ...
  std::optional<std::uint16_t> parameters = {};  ///< ... and how many there are.
  LongData sent = {};                            ///< Ahead of the next run.
};
using PreparedPtr = std::shared_ptr<Prepared>;

/// One command that is to be answered.
struct Asked {
  wire::mysql::Command command = wire::mysql::Command::ping;
  std::uint32_t number = 0;                                    ///< execute, fetch, reset: of the statement.
  PreparedPtr prepared = nullptr;                              ///< prepare: what it makes; execute: what it runs.
  model::StatementPtr statement = nullptr;                     ///< query, execute, fetch; may be empty.
  std::shared_ptr<const Parts> parts = nullptr;                ///< query: of several statements.
  std::shared_ptr<const UsedDatabases> used = nullptr;         ///< query, execute, init_db; nullptr: no USE is in it.
  std::uint64_t parameters = 0;                                ///< Hash; 0: not known.
  std::shared_ptr<const model::ClientIdentity> who = nullptr;  ///< change_user: who the client is then.
  model::WallTime sent_at = {};

  /// A statement's run: query and execute.
  [[nodiscard]] bool runs() const noexcept;
  /// A COMMIT is in it.
  [[nodiscard]] bool commits() const noexcept;
};

class AskedQueue {
 public:
  /// More unanswered commands than any client sends in advance; each is remembered.
  static constexpr std::size_t most = 65'536;

  [[nodiscard]] bool empty() const noexcept { return head_ == items_.size(); }
  [[nodiscard]] std::size_t size() const noexcept { return items_.size() - head_; }
  [[nodiscard]] const Asked& front() const noexcept { return items_[head_]; }
  [[nodiscard]] auto begin() const noexcept { return items_.begin() + static_cast<std::ptrdiff_t>(head_); }
  [[nodiscard]] auto end() const noexcept { return items_.end(); }

  void push(Asked asked);
  Asked pop();
  void clear() noexcept;

 private:
  std::vector<Asked> items_;
  std::size_t head_ = 0;
};

}  // namespace lockkeeper::track::mysql
