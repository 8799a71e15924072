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

// While it is there nobody else uses or returns the connection. Between two chunks the pool may take it back, stream
// and all, so the stream itself is the slot's.
class LeaseStream : public RowStream {
 public:
  LeaseStream(PoolShell& pool, Slot& slot, std::uint64_t sequence) : pool_(pool), slot_(slot), sequence_(sequence) {}
  ~LeaseStream() override {
    if (pool_.enter_stream(slot_, sequence_)) {
      pool_.end_stream(slot_);
      pool_.leave(slot_, sequence_);
    } else {
      pool_.forget_lost_handle();
    }
  }

  bool next(Rows& chunk, Deadline deadline) override {
    if (!pool_.enter_stream(slot_, sequence_)) pool_.refuse_ended_stream();
    const Between between{*this};
    return slot_.stream->next(chunk, pool_.statement_deadline(deadline));
  }

 private:
  struct Between {
    LeaseStream& stream;
    ~Between() { stream.pool_.leave_stream(stream.slot_, stream.sequence_); }
  };

  PoolShell& pool_;
  Slot& slot_;
  std::uint64_t sequence_;
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
    pool_->begin_stream(*slot_,
                        slot_->connection->stream(sql, parameters, chunk_rows, pool_->statement_deadline(deadline)));
    auto stream = std::make_unique<client::LeaseStream>(*pool_, *slot_, sequence_);
    pool_->leave_stream(*slot_, sequence_);
    return stream;
  } catch (...) {
    pool_->end_stream(*slot_);
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
