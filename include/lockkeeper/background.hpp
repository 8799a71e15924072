// Background work that gets the database, and cannot get the caller's transaction.
//
//   Background work(db, {.threads = 2, .queue = 1'000});
//   work.run([](Database& own, std::int64_t post, const std::string& title) {
//     own.transact([&](TransactionRef tx) { tx.execute("...", post, title); });
//   }, post, title);
//
// A function that is handed to another thread outlives the call that handed it on: a transaction, session or reference
// that it took along would be somebody else's by then. So functions here capture nothing, and their arguments are
// values that they own. What breaks this does not compile.
//
// The queue is in memory: what has to happen even if the process dies belongs into an Outbox.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <ranges>
#include <source_location>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <lockkeeper/database.hpp>
#include <lockkeeper/detail/sendable.hpp>

namespace lockkeeper {

namespace client {
class BackgroundBody;
}

namespace detail {

template <class Type>
inline constexpr bool is_reference_wrapper = false;
template <class Type>
inline constexpr bool is_reference_wrapper<std::reference_wrapper<Type>> = true;

/// A function with its arguments, to be run once.
class BackgroundJob {
 public:
  BackgroundJob() = default;
  BackgroundJob(const BackgroundJob&) = delete;
  BackgroundJob& operator=(const BackgroundJob&) = delete;
  virtual ~BackgroundJob() = default;
  virtual void run(Database& db) = 0;
};

}  // namespace detail

/// A lambda without captures, or another function object without members: it takes nothing along.
template <class Function>
concept captureless = std::is_empty_v<Function> && std::is_default_constructible_v<Function>;

/// A value that the job owns: nothing of a transaction or lease, no pointer, reference or view. A std::string takes the
/// place of a literal or std::string_view, a std::shared_ptr that of a pointer.
template <class Type>
concept background_argument =
    sendable<Type> && std::same_as<Type, std::decay_t<Type>> && std::move_constructible<Type> &&
    !std::is_pointer_v<Type> && !std::ranges::view<Type> && !detail::is_reference_wrapper<Type>;

/// Takes the database and the arguments, which are moved into it, and returns nothing: nobody would look at it.
template <class Function, class... Arguments>
concept background_function = captureless<Function> && std::invocable<Function&, Database&, Arguments...> &&
                              std::same_as<std::invoke_result_t<Function&, Database&, Arguments...>, void>;

/// What Background::run takes first: made of the function by itself, with the place of the call.
template <class... Arguments>
class BackgroundFunction {
 public:
  template <class Function>
    requires(!std::same_as<Function, BackgroundFunction>)
  BackgroundFunction(Function, std::source_location where = std::source_location::current()) : where_(where) {
    static_assert((sendable<Arguments> && ...),
                  "a transaction, lease or cursor does not go to background work: it is over by then. Hand over the "
                  "values that are needed; the job gets the Database for a transaction of its own");
    static_assert(((!sendable<Arguments> || background_argument<Arguments>) && ...),
                  "background work owns its arguments: no pointers, references or views. Hand over the value, a "
                  "std::string instead of a literal or std::string_view, or a std::shared_ptr");
    static_assert(captureless<Function>,
                  "a function for background work captures nothing, and is no pointer: hand over what it needs as "
                  "arguments, as in run([](Database& db, int id) { ... }, id)");
    if constexpr (captureless<Function>) bind<Function>();
  }

  void operator()(Database& db, std::tuple<Arguments...>& arguments) const { call_(db, arguments); }
  [[nodiscard]] const std::source_location& where() const noexcept { return where_; }

 private:
  template <class Function>
  void bind() {
    static_assert(std::invocable<Function&, Database&, Arguments...>,
                  "a function for background work takes Database& first, then the arguments, which are moved into it");
    if constexpr (std::invocable<Function&, Database&, Arguments...>) {
      static_assert(background_function<Function, Arguments...>,
                    "a function for background work returns nothing: nobody would look at it");
      call_ = [](Database& db, std::tuple<Arguments...>& arguments) {
        std::apply([&](Arguments&... each) { Function()(db, std::move(each)...); }, arguments);
      };
    }
  }

  void (*call_)(Database& db, std::tuple<Arguments...>& arguments) = nullptr;
  std::source_location where_;
};

struct BackgroundSettings {
  std::string name = "background";  ///< In messages.
  unsigned threads = 2;             ///< 1 to 1,000.
  std::size_t queue = 1'000;        ///< Jobs that may wait for a thread; the next is refused. 1 to 10,000,000.
  /// How long the destructor goes on with what is queued. 0: it drops it.
  std::chrono::milliseconds stop_timeout{30'000};
};

/// A job that is waiting or running.
struct BackgroundRecord {
  std::source_location submitted_at;
  std::chrono::steady_clock::time_point since;  ///< When it was submitted.
};

/// What a stop has left undone.
struct BackgroundLeft {
  std::vector<BackgroundRecord> not_started;  ///< They never will be.
  std::vector<BackgroundRecord> running;      ///< They go on to their end.
};

struct BackgroundMetrics {
  std::size_t waiting = 0;
  std::size_t running = 0;
  std::uint64_t done = 0;     ///< Ended without an exception.
  std::uint64_t failed = 0;   ///< Ended by an exception.
  std::uint64_t refused = 0;  ///< The queue was full, or it was stopped.
};

/// Runs functions on threads of its own, in the order in which they were handed in. Thread-safe.
///
/// Each job is a unit of work of its own (UnitOfWork), named after the place that submitted it: its leases, waits and
/// deadlocks carry that name. An exception that leaves one is told to the pool's listener (`callback_failed`).
class Background {
 public:
  /// `db` must outlive it. Throws Failure (`configuration`).
  explicit Background(Database& db, BackgroundSettings settings = {});
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;
  /// As stop, within stop_timeout; then waits for jobs that are running still.
  ~Background();

  /// Queues `function(db, arguments...)`. Does not wait for any transaction: what a job is to see must be committed.
  /// Throws Failure: `pool_timeout` where the queue is full, `pool_closed` where it was stopped.
  template <class... Arguments>
  void run(BackgroundFunction<std::type_identity_t<Arguments>...> function, Arguments... arguments) {
    submit(make_job(function, std::move(arguments)...), function.where());
  }

  /// The same once the transaction has been committed, and not at all if it is not. Where it is refused then, it is
  /// told to the listener (`callback_failed`).
  template <class... Arguments>
  void run_after_commit(TransactionRef tx, BackgroundFunction<std::type_identity_t<Arguments>...> function,
                        Arguments... arguments) {
    submit_after_commit(tx, make_job(function, std::move(arguments)...), function.where());
  }

  /// Takes no more jobs, and goes on with those it has until the deadline; then drops what has not begun, and says what
  /// that was: here and to the listener (`callback_failed`). May be called again.
  BackgroundLeft stop(Deadline deadline);

  [[nodiscard]] BackgroundMetrics metrics() const;

 private:
  template <class... Arguments>
  class Job final : public detail::BackgroundJob {
   public:
    Job(const BackgroundFunction<Arguments...>& function, Arguments&&... arguments)
        : function_(function), arguments_(std::move(arguments)...) {}
    void run(Database& db) override { function_(db, arguments_); }

   private:
    BackgroundFunction<Arguments...> function_;
    std::tuple<Arguments...> arguments_;
  };

  template <class... Arguments>
  static std::unique_ptr<detail::BackgroundJob> make_job(const BackgroundFunction<Arguments...>& function,
                                                         Arguments&&... arguments) {
    return std::make_unique<Job<Arguments...>>(function, std::move(arguments)...);
  }

  void submit(std::unique_ptr<detail::BackgroundJob> job, const std::source_location& where);
  void submit_after_commit(TransactionRef& tx, std::unique_ptr<detail::BackgroundJob> job,
                           const std::source_location& where);

  std::shared_ptr<client::BackgroundBody> body_;
};

}  // namespace lockkeeper
