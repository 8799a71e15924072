#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <lockkeeper/insert.hpp>

namespace lockkeeper::detail {
namespace {

// PostgreSQL and MySQL count parameters in 16 bits. SQLite: SQLITE_MAX_VARIABLE_NUMBER since 3.32.
std::size_t most_parameters(Engine engine) { return engine == Engine::sqlite ? 32'766 : 65'535; }

// Of a number or time, about: so many that the parameter limit comes first.
constexpr std::size_t bytes_a_number = 8;

std::size_t bytes_of(const Parameter& parameter) {
  const auto measure = [](const auto& value) -> std::size_t {
    using Value = std::remove_cvref_t<decltype(value)>;
    if constexpr (std::is_same_v<Value, std::string_view> || std::is_same_v<Value, BytesView>) return value.size();
    return bytes_a_number;
  };
  return std::visit(measure, parameter.value());
}

Failure misuse(std::string message) { return Failure({ErrorCode::misuse, "", std::move(message), Blast::statement}); }

}  // namespace

Inserter::Inserter(Engine engine, std::string_view table, const std::vector<std::string_view>& columns,
                   std::size_t width, Run run)
    : engine_(engine), width_(width), most_parameters_(most_parameters(engine)), run_(std::move(run)) {
  if (columns.size() != width) {
    throw misuse(fmt::format("insert_many: {} columns are named, rows have {} values", columns.size(), width));
  }
  if (width == 0 || width > most_parameters_) {
    throw misuse(fmt::format("insert_many: a row needs 1 to {} columns, not {}", most_parameters_, width));
  }
  head_ = "INSERT INTO " + quote_table(engine, table) + " (";
  for (const std::string_view column : columns) {
    if (!head_.ends_with('(')) head_ += ", ";
    head_ += quote_column(engine, column);
  }
  head_ += ") VALUES ";
}

bool Inserter::add(std::span<const Parameter> row, KeptTexts&& texts) {
  std::size_t row_bytes = 0;
  for (const Parameter& parameter : row) row_bytes += bytes_of(parameter);
  const bool is_full = !fits(row_bytes);
  if (is_full) send();
  parameters_.insert(parameters_.end(), row.begin(), row.end());
  texts_.take(std::move(texts));
  bytes_ += row_bytes;
  return is_full;
}

bool Inserter::fits(std::size_t row_bytes) const {
  if (parameters_.empty()) return true;
  return parameters_.size() + width_ <= most_parameters_ && bytes_ + row_bytes <= insert_batch_bytes;
}

std::uint64_t Inserter::finish() {
  if (!parameters_.empty()) send();
  return affected_;
}

void Inserter::send() {
  write_statement(parameters_.size() / width_);
  affected_ += run_(sql_, parameters_).affected();
  parameters_.clear();
  texts_.clear();
  bytes_ = 0;
}

// Batches that the parameter limit ended have one and the same text.
void Inserter::write_statement(std::size_t rows) {
  if (sql_rows_ == rows) return;
  sql_rows_ = rows;
  sql_ = head_;
  std::size_t number = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    sql_ += row == 0 ? "(" : ", (";
    for (std::size_t column = 0; column < width_; ++column) {
      if (column > 0) sql_ += ", ";
      append_placeholder(sql_, engine_, ++number);
    }
    sql_ += ')';
  }
}

Inserter make_inserter(TransactionRef tx, std::string_view table, const std::vector<std::string_view>& columns,
                       std::size_t width) {
  if (!tx.is_active()) {
    throw misuse("insert_many needs a transaction: several statements must not commit one by one");
  }
  const Engine engine = tx.engine();
  return {engine, table, columns, width, [tx](std::string_view sql, std::span<const Parameter> parameters) mutable {
            return tx.run(sql, parameters);
          }};
}

}  // namespace lockkeeper::detail
