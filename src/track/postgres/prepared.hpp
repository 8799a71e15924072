// Prepared statements as clients share them: one SQL text with one list of parameter types, read in one way, is one
// statement on a server, whatever names its clients gave it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "model/time.hpp"
#include "model/transaction_record.hpp"
#include "track/postgres/parameters.hpp"
#include "track/postgres/traits.hpp"
#include "wire/postgres/frame.hpp"

namespace lockkeeper::track::postgres {

struct Seeing;

/// What a server has said of a statement, and drivers remember: to encode its parameters, and to read its rows.
struct Description {
  std::string types = {};  ///< Of its parameters, in the form of `Prepared::types`; empty: not known.
  /// Hash of its result's types and names (those in ASCII: of others the bytes are the encoding's); 0: not known.
  std::uint64_t columns = 0;

  [[nodiscard]] bool known() const noexcept { return columns != 0; }
  [[nodiscard]] bool whole() const noexcept { return known() && !types.empty(); }
  /// As far as both are known.
  [[nodiscard]] bool agrees_with(const Description& other) const noexcept;
  /// What is not known here.
  void learn(const Description& other);
};
/// Of the server's answer to Describe: a RowDescription's body, or with `has_rows` false NoData. Of a portal there are
/// no `types`. What is malformed is not known.
[[nodiscard]] Description read_description(std::string types, bool has_rows, wire::postgres::Bytes columns);

/// DEALLOCATE of one name of the client's.
struct Deallocation {
  std::string name;
  bool by_stand_in;               ///< It was given in the extended protocol: the server is told another one.
  model::StatementPtr statement;  ///< As the client wrote it.
};
using DeallocationPtr = std::shared_ptr<const Deallocation>;

struct Prepared {
  std::string name;   ///< On servers: "lockkeeper_0_17".
  std::string sql;    ///< As the client wrote it: servers need it again.
  std::string types;  ///< As on the wire.
  model::StatementPtr statement;
  Traits traits;
  std::uint64_t text = 0;                 ///< text_hash of `sql`.
  Parameters::Reading reading = nullptr;  ///< Of the client that prepared it: what the text means.
  DeallocationPtr deallocates = nullptr;  ///< Where it is a client's DEALLOCATE: shared with nobody.
  /// As a client was told first; it is filled in while others hold the statement already.
  mutable Description description = {};

  /// To make it again: what its clients take its parameters for, whatever has become of its tables.
  [[nodiscard]] const std::string& types_to_make() const noexcept {
    return description.types.empty() ? types : description.types;
  }
};
using PreparedPtr = std::shared_ptr<const Prepared>;

/// What every name of ours on a server begins with.
inline constexpr std::string_view prepared_prefix = "lockkeeper_";
/// An empty statement, where a message is only about whether a name is there.
inline constexpr std::string_view stand_in = "lockkeeper_stand_in";

/// One for each pool of a worker. Holds what any client or server connection of it still holds, and nothing longer.
class PreparedRegistry {
 public:
  /// `worker` keeps the names of several registries apart: server connections move between workers.
  explicit PreparedRegistry(unsigned worker) : worker_(worker) {}

  [[nodiscard]] PreparedPtr intern(std::string_view sql, wire::postgres::Bytes types,
                                   const Parameters::Reading& reading, const Seeing& see);
  /// One that is never given to anybody else, where nobody else has this `reading`.
  [[nodiscard]] PreparedPtr make(std::string_view sql, wire::postgres::Bytes types, const Parameters::Reading& reading,
                                 const Seeing& see, DeallocationPtr deallocates = nullptr);

  /// Who has it keeps it; the next `intern` of the same makes another one.
  void retire(const Prepared& prepared);

  /// As far as our own clients change them: when one last did.
  void tables_have_changed(model::WallTime now) noexcept { tables_changed_at_ = now; }
  [[nodiscard]] model::WallTime tables_changed_at() const noexcept { return tables_changed_at_; }

  [[nodiscard]] std::size_t size() const noexcept { return known_.size(); }

 private:
  void sweep();

  unsigned worker_;
  std::uint64_t last_ = 0;
  model::WallTime tables_changed_at_ = {};
  std::size_t sweep_at_ = 1'024;
  std::unordered_multimap<std::uint64_t, std::weak_ptr<const Prepared>> known_;  // By hash of text and types.
};

}  // namespace lockkeeper::track::postgres
