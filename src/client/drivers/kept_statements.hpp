// Which statements a connection keeps prepared, by their texts. Pure: it only decides, others talk to the server.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace lockkeeper::client {

/// Remembers at most so many statements and throws the least recently used out first. A text is worth preparing from
/// its second execution on: one that runs once would pay for two. Names are never used again, so that one which a
/// server still has by mistake never stands for another text.
class KeptStatements {
 public:
  /// Names begin with `prefix`.
  KeptStatements(std::size_t most, std::string prefix);

  struct Plan {
    std::string name;      ///< Empty: run it unprepared.
    bool is_kept = false;  ///< The server has it; otherwise it is to be prepared under this name.
  };

  /// How to run this text now. `reading`: whatever decides what its literals mean when it is prepared; one that was
  /// prepared under another is prepared again. A text that may name a moment never is: 'today' would stay the day of
  /// then.
  [[nodiscard]] Plan plan(std::string_view sql, std::string_view reading = {});

  /// The server has prepared the text under the planned name.
  void keep(std::string_view sql, std::string name, std::string_view reading = {});

  /// The server has it still, but it can no longer be used.
  void forget(std::string_view sql);

  /// The server has none of them any more.
  void forget_all() noexcept;

  /// Names that the server has for nothing, to be given back in passing.
  [[nodiscard]] const std::vector<std::string>& doomed() const noexcept { return doomed_; }

  /// The first `count` of them are given back.
  void released(std::size_t count);

  [[nodiscard]] std::size_t size() const noexcept { return by_text_.size(); }

 private:
  struct Entry {
    std::string sql;
    std::string name;
    std::string reading;
  };

  bool is_worth_preparing(std::string_view sql);
  // Whether this text was here before, as far as can be remembered in a fixed room: each slot knows its last visitor.
  bool has_been_seen(std::string_view sql);
  void doom(std::list<Entry>::iterator entry);

  std::size_t most_;
  std::string prefix_;
  std::list<Entry> by_use_;  // The latest first.
  std::unordered_map<std::string_view, std::list<Entry>::iterator> by_text_;
  std::vector<std::size_t> seen_;  // Hashes of texts. Two texts of one hash: one is prepared a little early.
  std::vector<std::string> doomed_;
  std::uint64_t next_name_ = 1;
};

}  // namespace lockkeeper::client
