// Words that mean something to the fingerprint: found by their folded bytes, 8 at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "sql/bytes.hpp"
#include "sql/options.hpp"

namespace lockkeeper::sql {

/// Words that decide a statement's kind or how their neighbours are read; all other known words are `other`.
enum class Keyword : std::uint8_t {
  none,
  other,
  abort_,
  alter,
  analyze,
  begin,
  call,
  check,
  checkpoint,
  close,
  cluster,
  comment,
  commit,
  copy,
  create,
  deallocate,
  declare,
  delete_,
  describe,
  discard,
  do_,
  drop,
  end,
  execute,
  explain,
  fetch,
  flush,
  for_,
  from,
  grant,
  handler,
  import,
  in,
  insert,
  is,
  key,
  kill,
  listen,
  load,
  lock,
  merge,
  move,
  not_,
  notify,
  on,
  optimize,
  prepare,
  prepared,
  reassign,
  recover,
  refresh,
  reindex,
  release,
  rename,
  repair,
  replace,
  reset,
  returns,
  revoke,
  rollback,
  savepoint,
  security,
  select,
  set,
  share,
  show,
  start,
  table,
  to,
  transaction,
  truncate,
  uescape,
  unlisten,
  unlock,
  update,
  use,
  vacuum,
  values,
  with,
  xa,
};

enum WordFlag : std::uint8_t {
  pg_reserved = 1,     // quoted, it means another thing than unquoted
  mysql_reserved = 2,  // the same, in MySQL
  leads = 4,           // an operand follows: a sign after it is unary
  clause = 8,          // ends a comma-separated list and may begin another
  literal = 16,        // NULL, TRUE, FALSE
  function = 32,       // written tight to its parenthesis
  verb = 64,           // MySQL's hints may follow
};

struct KnownWord {
  Keyword keyword = Keyword::none;
  std::uint8_t flags = 0;

  [[nodiscard]] constexpr bool has(WordFlag flag) const noexcept { return (flags & flag) != 0; }
  /// Nothing if not; without a branch.
  [[nodiscard]] constexpr KnownWord only_if(bool condition) const noexcept {
    const auto mask = static_cast<std::uint8_t>(-static_cast<int>(condition));
    return {static_cast<Keyword>(static_cast<std::uint8_t>(keyword) & mask), static_cast<std::uint8_t>(flags & mask)};
  }
  [[nodiscard]] constexpr bool known() const noexcept { return keyword != Keyword::none; }
  [[nodiscard]] constexpr bool reserved(Dialect dialect) const noexcept {
    return has(dialect == Dialect::mysql ? mysql_reserved : pg_reserved);
  }
};

/// Longer words are never keywords.
inline constexpr std::size_t longest_keyword = 24;

/// A word of at most `longest_keyword` bytes, ASCII letters in lower case, padded with zeros.
using WordKey = std::array<std::uint64_t, 3>;

/// Which bytes of a key belong to a word of that length.
inline constexpr auto key_masks = [] {
  std::array<WordKey, longest_keyword + 1> masks{};
  for (std::size_t length = 0; length <= longest_keyword; ++length) {
    for (std::size_t at = 0; at < length; ++at) masks[length][at / 8] |= std::uint64_t{0xff} << (at % 8 * 8);
  }
  return masks;
}();

/// The word's key; `length` is at most longest_keyword, and so many bytes may be read from `word` in any case.
inline WordKey word_key(const char* word, std::size_t length) noexcept {
  // Two parts always: a branch on the length would be mispredicted more often than it saves.
  const WordKey& mask = key_masks[length];
  WordKey key{lower_bytes(load_bytes(word)) & mask[0], lower_bytes(load_bytes(word + 8)) & mask[1], 0};
  if (length > 16) [[unlikely]]
    key[2] = lower_bytes(load_bytes(word + 16)) & mask[2];
  return key;
}

/// Whether the word is its own key: it has no capitals.
inline bool is_key(const WordKey& key, const char* word, std::size_t length) noexcept {
  const WordKey& mask = key_masks[length];
  return (((load_bytes(word) & mask[0]) ^ key[0]) | ((load_bytes(word + 8) & mask[1]) ^ key[1]) |
          ((load_bytes(word + 16) & mask[2]) ^ key[2])) == 0;
}

/// All known words. Small slots beside dense entries: a name that is no keyword costs one look at eight kilobytes.
struct WordTable {
  struct Entry {
    WordKey key{};
    KnownWord word;
    std::uint64_t shared = 0;  // all ones if another word has the same slot and stands in the next one
  };
  static constexpr unsigned slot_bits = 12;
  static constexpr std::size_t slot_count = std::size_t{1} << slot_bits;
  static constexpr std::size_t entry_limit = 480;

  std::array<std::uint16_t, slot_count> slots{};  // index of the entry; 0 is free
  std::array<Entry, entry_limit> entries{};       // the first is no word
  std::size_t size = 1;

  static constexpr std::size_t slot_of(const WordKey& key) noexcept {
    const std::uint64_t mixed = key[0] * 0x9E3779B97F4A7C15 + key[1] * 0xC2B2AE3D27D4EB4F + key[2];
    return static_cast<std::size_t>(mixed >> (64 - slot_bits));
  }
  /// 0 if they are the same.
  static constexpr std::uint64_t difference(const WordKey& a, const WordKey& b) noexcept {
    return (a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]);
  }
};

extern const WordTable known_words;

/// What is known about the word; Keyword::none if nothing.
[[nodiscard]] inline KnownWord find_word(const WordKey& key) noexcept {
  std::size_t slot = WordTable::slot_of(key);
  for (;;) {
    // Whether a word is known cannot be foreseen, so the first look answers both without a branch: a free
    // slot leads to the empty entry, and a word not found where its slot is not shared is no known word.
    const WordTable::Entry& entry = known_words.entries[known_words.slots[slot]];
    const std::uint64_t difference = WordTable::difference(entry.key, key);
    if ((difference & entry.shared) == 0) [[likely]]
      return entry.word.only_if(difference == 0);
    slot = (slot + 1) % WordTable::slot_count;
  }
}

}  // namespace lockkeeper::sql
