// Prepared statements as clients share them: one SQL text with one list of parameter types, read in one way, is one
// statement on a server, whatever names its clients gave it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "model/transaction_record.hpp"
#include "track/postgres/parameters.hpp"
#include "track/postgres/traits.hpp"
#include "wire/postgres/frame.hpp"

namespace lockkeeper::track::postgres {

class StatementCache;

struct Prepared {
  std::string name;   ///< On servers: "lockkeeper_0_17".
  std::string sql;    ///< As the client wrote it: servers need it again.
  std::string types;  ///< As on the wire.
  model::StatementPtr statement;
  Traits traits;
  std::uint64_t text = 0;                 ///< text_hash of `sql`.
  Parameters::Reading reading = nullptr;  ///< Of the client that prepared it: what the text means.
};
using PreparedPtr = std::shared_ptr<const Prepared>;

/// What every name of ours on a server begins with.
inline constexpr std::string_view prepared_prefix = "lockkeeper_";

/// One a worker. Holds what any client or server connection of it still holds, and nothing longer.
class PreparedRegistry {
 public:
  /// `worker` keeps the names of several registries apart: server connections move between workers.
  explicit PreparedRegistry(unsigned worker) : worker_(worker) {}

  [[nodiscard]] PreparedPtr intern(std::string_view sql, wire::postgres::Bytes types,
                                   const Parameters::Reading& reading, StatementCache& cache);
  /// One that is never given to anybody else, where nobody else has this `reading`.
  [[nodiscard]] PreparedPtr make(std::string_view sql, wire::postgres::Bytes types, const Parameters::Reading& reading,
                                 StatementCache& cache);

  /// Who has it keeps it; the next `intern` of the same makes another one.
  void retire(const Prepared& prepared);

  [[nodiscard]] std::size_t size() const noexcept { return known_.size(); }

 private:
  void sweep();

  unsigned worker_;
  std::uint64_t last_ = 0;
  std::size_t sweep_at_ = 1'024;
  std::unordered_multimap<std::uint64_t, std::weak_ptr<const Prepared>> known_;  // By hash of text and types.
};

}  // namespace lockkeeper::track::postgres
