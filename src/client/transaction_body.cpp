#include "client/transaction_body.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "client/pool_shell.hpp"
#include "client/transaction_retry.hpp"
#include "client/transaction_words.hpp"

namespace lockkeeper::client {

TransactionBody::TransactionBody(Pool& pool, Watchdog& watchdog, const TransactionOptions& options, Site site)
    : pool_(pool),
      site_(std::move(site)),
      id_(next_number()),
      options_(options),
      lease_(pool.acquire({.leak = options.leak, .nested = options.nested}, site_.where)),
      began_(std::chrono::steady_clock::now()) {
  options_.timeout = bounded(options_.timeout);
  // Where this throws half-way, the lease's return asks the server whether a transaction was left open.
  lease_.begin({.isolation = options_.isolation,
                .read_only = options_.read_only,
                .deferrable = options_.deferrable,
                .with_first_statement = true},
               deadline());
  engine_ = lease_.server().engine;
  if (options_.timeout.count() > 0) start_timer(watchdog);
}

void TransactionBody::start_timer(Watchdog& watchdog) {
  timer_ = std::make_unique<TransactionTimer>(watchdog, began_ + options_.timeout, lease_.canceller(),
                                              [this] { tell_timeout(); });
}

// On the watchdog's thread or the owner's. The lease is ours until the timer has been stopped.
void TransactionBody::tell_timeout() const noexcept {
  PoolShell& shell = PoolShell::of(pool_);
  shell.count(TransactionCounter::timeout);
  try {
    LeaseRecord lease = lease_.record();
    std::string text = fmt::format(
        "the transaction begun at {} has been open for {}; its timeout is {}. It can only be rolled back now, and its "
        "owner does so when it goes on.",
        to_text(site_), to_text(age()), to_text(options_.timeout));
    if (!lease.last_statement.empty()) {
      text += fmt::format("\n  {} {}",
                          lease.running ? "It runs, and is cancelled:" : "It has run last:", lease.last_statement);
    }
    shell.tell(EventKind::transaction_timeout, std::move(text), {std::move(lease)}, {}, timeout_error());
  } catch (const std::exception&) {
    return;  // No memory for the text; the metric has it.
  }
}

void TransactionBody::count_cursors(int more) noexcept { PoolShell::count_cursors(lease_, more); }

std::chrono::steady_clock::duration TransactionBody::age() const noexcept {
  return std::chrono::steady_clock::now() - began_;
}

std::optional<Deadline> TransactionBody::deadline() const noexcept {
  if (options_.timeout.count() == 0) return std::nullopt;
  return began_ + options_.timeout;
}

CurrentTransaction TransactionBody::as_current() {
  CurrentTransaction current{.site = site_,
                             .isolation = options_.isolation,
                             .read_only = options_.read_only,
                             .deferrable = options_.deferrable,
                             .time_left = {},
                             .doomed = {}};
  if (const auto end = deadline()) {
    const auto left = *end - std::chrono::steady_clock::now();
    current.time_left = std::chrono::ceil<std::chrono::milliseconds>(left);
  }
  if (const auto error = doom()) current.doomed = error->message;
  return current;
}

bool TransactionBody::timer_passed() noexcept { return timer_ && timer_->passed(); }

// A stream has the connection in the middle of things; what is open is told again at its end.
void TransactionBody::look_at_standing() {
  if (standing_ != Standing::open || stream_) return;
  if (native_lent_) ask_connection_anew();
  if (lease_.transaction_status() == TransactionStatus::idle) standing_ = Standing::ended;
}

// What was done through the native handle the lease learns at its next use.
void TransactionBody::ask_connection_anew() noexcept {
  try {
    static_cast<void>(lease_.native_handle());
  } catch (const Failure&) {
    return;  // Taken back: its status is unknown now, which says it all.
  }
}

void TransactionBody::require_usable() {
  if (over()) throw Failure(used_after_end(site_, outcome_));
  look_at_standing();
  switch (standing_) {
    case Standing::open: break;
    case Standing::rolled_back: throw Failure(ended_by_server(site_, *failed_));
    case Standing::lost: throw Failure(lost(site_, *failed_));
    case Standing::ended: throw Failure(ended_by_statement(site_, ended_by_));
  }
  if (timer_passed()) throw Failure(timeout_error());
}

void TransactionBody::confirm_open() {
  if (stream_ || lease_.transaction_status() != TransactionStatus::idle) return;
  standing_ = Standing::ended;
  ended_by_ = lease_.record().last_statement;
  throw Failure(ended_by_statement(site_, ended_by_));
}

void TransactionBody::note_failure(const Error& error) {
  const TransactionStatus status = lease_.transaction_status();
  if (status == TransactionStatus::open) return;
  if (!failed_) failed_ = FailedStatement{lease_.record().last_statement, error, false};
  if (status == TransactionStatus::idle) standing_ = Standing::rolled_back;
  if (status == TransactionStatus::unknown) standing_ = Standing::lost;
}

// Called from the handler that has caught `failure`.
void TransactionBody::throw_on(const Failure& failure) {
  const bool had_failed = failed_.has_value();
  note_failure(failure.error());
  Error error = failure.error();
  if (timer_passed() && (error.code == ErrorCode::cancelled || error.code == ErrorCode::deadline)) {
    Error timeout = timeout_error();
    timeout.message += fmt::format("\n  It stopped `{}`: {}", lease_.record().last_statement, error.message);
    timeout.sqlstate = error.sqlstate;
    timeout.blast = error.blast;
    throw Failure(std::move(timeout));
  }
  if (!had_failed || standing_ != Standing::open) throw;
  // PostgreSQL's answer to everything in a failed transaction does not say what had failed.
  error.message += fmt::format("\n  What had failed: `{}`: {}", failed_->shape, failed_->error.message);
  throw Failure(std::move(error));
}

template <class Work>
auto TransactionBody::use(Work&& work) {
  require_usable();
  if (stream_) throw Failure(stream_is_open(site_));
  const TransactionTimer::Running running(timer_.get());
  try {
    return work(deadline());
  } catch (const Failure& failure) {
    throw_on(failure);
  }
}

void TransactionBody::refuse_words(std::string_view sql) const {
  const std::string_view word = transaction_word(sql);
  if (!word.empty()) throw Failure(refused_word(site_, word, true));
}

Rows TransactionBody::run(std::string_view sql, std::span<const Parameter> parameters) {
  refuse_words(sql);
  Rows rows = use([&](std::optional<Deadline> until) { return lease_.run(sql, parameters, until); });
  confirm_open();
  return rows;
}

std::vector<Rows> TransactionBody::run_batch(std::span<const Statement> statements) {
  for (const Statement& statement : statements) refuse_words(statement.sql);
  std::vector<Rows> rows = use([&](std::optional<Deadline> until) { return lease_.run_batch(statements, until); });
  confirm_open();
  return rows;
}

void* TransactionBody::native_handle() {
  require_usable();
  if (stream_) throw Failure(stream_is_open(site_));
  native_lent_ = true;
  return lease_.native_handle();
}

std::shared_ptr<OpenStream> TransactionBody::open_stream(std::string_view sql, std::span<const Parameter> parameters,
                                                         std::size_t chunk_rows, const TransactionScope& reader) {
  refuse_words(sql);
  auto opened = std::make_shared<OpenStream>();
  opened->reader = &reader;
  opened->rows =
      use([&](std::optional<Deadline> until) { return lease_.open_stream(sql, parameters, chunk_rows, until); });
  stream_ = opened;
  stream_running_.emplace(timer_.get());
  return opened;
}

bool TransactionBody::read(OpenStream& stream, Rows& chunk, Deadline until) {
  require_usable();
  if (stream.at_end) return false;
  if (!stream.rows) throw Failure(stream_was_closed(site_));
  try {
    if (const auto end = deadline()) until = std::min(until, *end);
    if (stream.rows->next(chunk, until)) return true;
  } catch (const Failure& failure) {
    stream.failed = true;
    close(stream);
    throw_on(failure);
  }
  stream.at_end = true;
  close(stream);
  confirm_open();
  return false;
}

void TransactionBody::close(OpenStream& stream) noexcept {
  if (stream_.get() != &stream) return;
  const bool early = !stream.at_end && !stream.failed;
  stream.rows.reset();
  stream_running_.reset();
  const std::shared_ptr<OpenStream> last = std::move(stream_);
  if (early) note_given_up();
}

// Leaving a stream early stops its statement, which costs PostgreSQL's transactions their life.
void TransactionBody::note_given_up() noexcept {
  const TransactionStatus status = lease_.transaction_status();
  if (failed_ || (status != TransactionStatus::failed && status != TransactionStatus::unknown)) return;
  try {
    Error error{ErrorCode::cancelled, "", "its stream was left before the end, and it was stopped", Blast::transaction};
    failed_ = FailedStatement{lease_.record().last_statement, std::move(error), true};
  } catch (const std::exception&) {
    return;  // The connection was taken back, or there is no memory: commit says what the status says.
  }
}

bool TransactionBody::is_read_by(const TransactionScope& scope) const noexcept {
  return stream_ && stream_->reader == &scope;
}

void TransactionBody::close_stream() noexcept {
  if (stream_) close(*stream_);
}

void TransactionBody::mark(RollbackMark mark) {
  if (!mark_) mark_ = std::move(mark);
}

}  // namespace lockkeeper::client
