// What the values of a prepared statement's run say: whether it is the same run again.
#pragma once

#include <cstdint>
#include <optional>

#include "wire/mysql/command.hpp"

namespace lockkeeper::track::mysql {

/// Tells same from different ones, as text_hash does; the values are not kept. `count`: of the statement's parameters;
/// nullopt: not known yet (it was sent in advance), and the values' types count as well. `text`: the text's hash.
/// 0: the bytes are not what the protocol says.
[[nodiscard]] std::uint64_t parameters_hash(const wire::mysql::Execute& execute, std::optional<std::uint16_t> count,
                                            wire::mysql::Capabilities capabilities, std::uint64_t text) noexcept;
/// Of all rows of values together.
[[nodiscard]] std::uint64_t parameters_hash(const wire::mysql::BulkExecute& execute, std::optional<std::uint16_t> count,
                                            std::uint64_t text) noexcept;

/// Values that were sent ahead of a run, in pieces.
class LongData {
 public:
  /// `whole`: all of its bytes are here.
  void add(const wire::mysql::SendLongData& piece, bool whole) noexcept;
  /// The hash of a run whose other values have this one. 0: not known.
  [[nodiscard]] std::uint64_t with(std::uint64_t others) const noexcept;

 private:
  std::uint64_t hash_ = 0;
  bool any_ = false;
  bool cut_ = false;
};

}  // namespace lockkeeper::track::mysql
