#include <utility>

#include "client/pool_shell.hpp"

namespace lockkeeper {
namespace client {
namespace {

// Inside the connection, for as long as one call takes.
class Inside {
 public:
  Inside(PoolShell& pool, Slot& slot, std::uint64_t sequence, std::string_view sql)
      : pool_(pool), slot_(slot), sequence_(sequence) {
    pool_.enter(slot_, sequence_, sql);
  }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
  ~Inside() { pool_.leave(slot_, sequence_); }

 private:
  PoolShell& pool_;
  Slot& slot_;
  std::uint64_t sequence_;
};

// A stream stays inside until it is gone, so that nobody else uses, returns or takes back the connection meanwhile.
class LeaseStream : public RowStream {
 public:
  LeaseStream(PoolShell& pool, Slot& slot, std::uint64_t sequence, std::unique_ptr<RowStream> stream)
      : pool_(pool), slot_(slot), sequence_(sequence), stream_(std::move(stream)) {
    slot_.cursor_open.store(true, std::memory_order_relaxed);
  }
  ~LeaseStream() override {
    stream_.reset();
    slot_.cursor_open.store(false, std::memory_order_relaxed);
    pool_.leave(slot_, sequence_);
  }

  bool next(Rows& chunk, Deadline deadline) override {
    return stream_->next(chunk, pool_.statement_deadline(deadline));
  }

 private:
  PoolShell& pool_;
  Slot& slot_;
  std::uint64_t sequence_;
  std::unique_ptr<RowStream> stream_;
};

}  // namespace
}  // namespace client

Lease::Lease(Lease&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)),
      slot_(std::exchange(other.slot_, nullptr)),
      sequence_(std::exchange(other.sequence_, 0)) {}

Lease& Lease::operator=(Lease&& other) noexcept {
  if (this == &other) return *this;
  give_back();
  pool_ = std::exchange(other.pool_, nullptr);
  slot_ = std::exchange(other.slot_, nullptr);
  sequence_ = std::exchange(other.sequence_, 0);
  return *this;
}

Lease::~Lease() { give_back(); }

void Lease::give_back() noexcept {
  if (slot_ == nullptr) return;
  client::PoolShell* pool = std::exchange(pool_, nullptr);
  pool->end_lease(*std::exchange(slot_, nullptr), sequence_);
}

void Lease::require_lease() const {
  if (slot_ != nullptr) return;
  throw Failure(
      {ErrorCode::misuse, "", "this lease holds no connection: it was given back or moved from", Blast::statement});
}

Rows Lease::run(std::string_view sql, std::span<const Parameter> parameters, std::optional<Deadline> deadline) {
  require_lease();
  const client::Inside inside(*pool_, *slot_, sequence_, sql);
  return slot_->connection->execute(sql, parameters, pool_->statement_deadline(deadline));
}

std::vector<Rows> Lease::run_batch(std::span<const Statement> statements, std::optional<Deadline> deadline) {
  require_lease();
  const client::Inside inside(*pool_, *slot_, sequence_, statements.empty() ? "" : statements.back().sql);
  return slot_->connection->execute_batch(statements, pool_->statement_deadline(deadline));
}

std::unique_ptr<RowStream> Lease::open_stream(std::string_view sql, std::span<const Parameter> parameters,
                                              std::size_t chunk_rows, std::optional<Deadline> deadline) {
  require_lease();
  pool_->enter(*slot_, sequence_, sql);
  try {
    auto stream = slot_->connection->stream(sql, parameters, chunk_rows, pool_->statement_deadline(deadline));
    return std::make_unique<client::LeaseStream>(*pool_, *slot_, sequence_, std::move(stream));
  } catch (...) {
    pool_->leave(*slot_, sequence_);
    throw;
  }
}

void Lease::begin(const BeginOptions& options, std::optional<Deadline> deadline) {
  require_lease();
  const client::Inside inside(*pool_, *slot_, sequence_, "BEGIN");
  slot_->connection->begin(options, pool_->statement_deadline(deadline));
}

TransactionStatus Lease::transaction_status() const noexcept {
  if (slot_ == nullptr) return TransactionStatus::unknown;
  const client::SlotWord seen = slot_->load();
  if (seen.sequence != sequence_ || !client::is_leased(seen.state)) return TransactionStatus::unknown;
  return slot_->status.load(std::memory_order_relaxed);
}

const ServerInfo& Lease::server() const {
  require_lease();
  return slot_->connection->server();
}

void* Lease::native_handle() {
  require_lease();
  const client::Inside inside(*pool_, *slot_, sequence_, "(native handle)");
  return slot_->connection->native_handle();
}

std::shared_ptr<Canceller> Lease::canceller() const {
  require_lease();
  return slot_->canceller;
}

LeaseRecord Lease::record() const {
  require_lease();
  return pool_->record_of(*slot_, sequence_);
}

std::uint64_t Lease::id() const noexcept { return slot_ == nullptr ? 0 : pool_->lease_id(*slot_, sequence_); }

}  // namespace lockkeeper
