#include "client/drivers/sqlite_stream.hpp"

#include <chrono>
#include <utility>

#include "base/coarse_clock.hpp"
#include "client/drivers/sqlite_connection.hpp"

namespace lockkeeper::client::sqlite {
namespace {

// Rows are made while the caller waits for them. One that is there is not kept back for longer than this.
constexpr std::chrono::milliseconds patience_for_a_full_chunk{20};

}  // namespace

OwnedParameters::OwnedParameters(std::span<const Parameter> parameters) {
  texts_.reserve(parameters.size());
  parameters_.reserve(parameters.size());
  for (const Parameter& parameter : parameters) {
    if (const auto* text = parameter.text()) {
      parameters_.emplace_back(texts_.emplace_back(*text));
    } else if (const auto* bytes = std::get_if<BytesView>(&parameter.value())) {
      const auto& own = texts_.emplace_back(reinterpret_cast<const char*>(bytes->data()), bytes->size());
      parameters_.emplace_back(std::as_bytes(std::span(own)));
    } else {
      parameters_.push_back(parameter);
    }
  }
}

SqliteStream::SqliteStream(SqliteConnection& owner, std::span<const Parameter> parameters, std::size_t chunk_rows)
    : owner_(&owner), parameters_(parameters), chunk_rows_(chunk_rows) {}

void SqliteStream::start(std::string_view sql, Deadline deadline) {
  try {
    running_.emplace(owner_->interruption(), deadline);
    execution_.emplace(owner_->database(), owner_->interruption(), owner_->statement_for(sql));
    execution_->bind(parameters_.all());
    has_row_ = execution_->step();
    if (execution_->has_columns()) columns_ = execution_->columns();
    affected_ = execution_->affected(0);
    if (!has_row_) end(nullptr);
  } catch (const Failure& failure) {
    end(&failure.error());
    throw;
  }
}

bool SqliteStream::next(Rows& chunk, Deadline deadline) {
  chunk.clear_rows();
  if (chunk.columns() != columns_) chunk.set_columns(columns_);
  if (execution_) read(chunk, deadline);
  if (!chunk.empty()) return true;
  if (owner_ == nullptr) throw Failure(misuse("the connection is closed", Blast::connection));
  chunk.set_affected(affected_);
  return false;
}

void SqliteStream::read(Rows& chunk, Deadline deadline) {
  Interruption& interruption = owner_->interruption();
  interruption.renew(deadline);
  // Ended by SQLite itself, so that it undoes what is to be undone.
  if (interruption.should_stop()) sqlite3_interrupt(owner_->database());
  const auto full = base::coarse_now() + patience_for_a_full_chunk;
  try {
    while (has_row_) {
      execution_->append_to(chunk);
      has_row_ = execution_->step();
      if (chunk.size() == chunk_rows_ || base::coarse_now() >= full) break;
    }
    read_ += chunk.size();
    if (has_row_) return;
    affected_ = execution_->affected(read_);
    end(nullptr);
  } catch (const Failure& failure) {
    chunk.clear_rows();
    end(&failure.error());
    throw;
  }
}

void SqliteStream::end(const Error* failed) noexcept {
  if (owner_ == nullptr || has_ended_) return;
  has_ended_ = true;
  execution_.reset();
  running_.reset();
  owner_->end_stream(failed);
}

void SqliteStream::forget() noexcept {
  execution_.reset();
  running_.reset();
  owner_ = nullptr;
}

}  // namespace lockkeeper::client::sqlite
