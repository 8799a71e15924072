#include <lockkeeper/keyset.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "client/keyset_declaration.hpp"
#include "client/keyset_reader.hpp"
#include "client/keyset_token.hpp"

namespace lockkeeper {
namespace {

client::PageSource source_of(TransactionRef tx) {
  return {.engine = [tx] { return tx.engine(); },
          .run = [tx](std::string_view sql,
                      std::span<const Parameter> parameters) mutable { return tx.run(sql, parameters); }};
}

// `never`, not `not_supported`: inside a transaction the loop would hold that all along, and two connections at that.
client::PageSource source_of(Database& db) {
  const TransactionOptions alone{.propagation = Propagation::never};
  return {.engine = [&db, alone] { return db.transact(alone, [](auto& tx) { return tx.engine(); }); },
          .run =
              [&db, alone](std::string_view sql, std::span<const Parameter> parameters) {
                return db.transact(alone, [&](auto& tx) { return tx.run(sql, parameters); });
              }};
}

}  // namespace

std::optional<std::string_view> KeysetPage::cell(std::size_t row, std::size_t column) const {
  if (row >= size_) throw std::out_of_range("KeysetPage::cell: no such row");
  return rows_.cell(row, column);
}

std::string KeysetPage::token() const {
  return declaration_ ? client::to_token(*declaration_, cursor_) : std::string();
}

KeysetPages::KeysetPages(std::unique_ptr<client::KeysetReader> reader) noexcept : reader_(std::move(reader)) {}
KeysetPages::KeysetPages(KeysetPages&&) noexcept = default;
KeysetPages& KeysetPages::operator=(KeysetPages&&) noexcept = default;
KeysetPages::~KeysetPages() = default;

void KeysetPages::advance() {
  const bool is_over = page_ && !page_->has_more();
  page_.reset();
  if (is_over) return;
  KeysetPage page = reader_->read();
  if (!page.empty()) page_ = std::move(page);
}

Keyset::Keyset(KeysetOptions options)
    : declaration_(std::make_shared<const client::KeysetDeclaration>(client::declare(std::move(options)))) {}

KeysetPages Keyset::pages(TransactionRef tx, std::string_view token, Parameters arguments) const {
  return KeysetPages(std::make_unique<client::KeysetReader>(declaration_, source_of(tx), std::move(arguments),
                                                            client::from_token(*declaration_, token)));
}

KeysetPages Keyset::pages(Database& db, std::string_view token, Parameters arguments) const {
  return KeysetPages(std::make_unique<client::KeysetReader>(declaration_, source_of(db), std::move(arguments),
                                                            client::from_token(*declaration_, token)));
}

KeysetPage Keyset::one_page(TransactionRef tx, std::string_view token, Parameters arguments) const {
  return client::KeysetReader(declaration_, source_of(tx), std::move(arguments),
                              client::from_token(*declaration_, token))
      .read();
}

KeysetPage Keyset::one_page(Database& db, std::string_view token, Parameters arguments) const {
  return client::KeysetReader(declaration_, source_of(db), std::move(arguments),
                              client::from_token(*declaration_, token))
      .read();
}

}  // namespace lockkeeper
