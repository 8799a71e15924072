// Reads one page after another and sees to it that they advance.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <lockkeeper/keyset.hpp>

#include "client/keyset_declaration.hpp"

namespace lockkeeper::client {

/// Where the pages' statements run.
struct PageSource {
  std::function<Engine()> engine;  ///< Asked once, before the first statement.
  std::function<Rows(std::string_view sql, std::span<const Parameter> parameters)> run;
};

class KeysetReader {
 public:
  KeysetReader(std::shared_ptr<const KeysetDeclaration> declaration, PageSource source,
               std::vector<detail::OwnedParameter> arguments, Cursor after);

  /// The page after the last one that was read. May be empty. Throws Failure as KeysetPages.
  [[nodiscard]] KeysetPage read();

 private:
  using KeyIndexes = std::vector<std::size_t>;  // Of the key's columns in the result.

  [[nodiscard]] Rows run();
  [[nodiscard]] KeyIndexes find_key(const Rows& rows) const;
  [[nodiscard]] Cursor key_of(const Rows& rows, const KeyIndexes& indexes, std::size_t row) const;
  void require_unique(const Rows& rows, const KeyIndexes& indexes) const;
  void require_beyond(const Cursor& key) const;
  void require_new(const Cursor& key);
  [[nodiscard]] Failure no_progress() const;

  std::shared_ptr<const KeysetDeclaration> declaration_;
  PageSource source_;
  std::vector<detail::OwnedParameter> arguments_;
  std::optional<Engine> engine_;
  Cursor cursor_;
  // One cursor of the past, renewed whenever twice as many pages have been read: a ring of pages of any length comes
  // back to it (Brent's algorithm), at the cost of one comparison a page.
  Cursor milestone_;
  std::uint64_t pages_ = 0;
  std::uint64_t next_milestone_ = 1;
};

}  // namespace lockkeeper::client
