// Incident 2: a paging loop that never ends, and sleeps, in the transaction that has locked the post.
#include <fmt/format.h>

#include <condition_variable>
#include <list>
#include <mutex>

#include "demo/incident.hpp"

namespace lockkeeper::demo {
namespace {

constexpr std::size_t pool_size = 4;
constexpr const char* application = "shop-publisher";
constexpr const char* publish = "UPDATE post SET state = 'published' WHERE id = 1";
/// Pages between two naps; a nap is long enough for a look and a kill to fall into it.
constexpr int pages_in_a_row = 10;
constexpr std::chrono::milliseconds nap{800};

class Publishers : public Trouble {
 public:
  explicit Publishers(Stage& stage) : stage_(stage) {}
  ~Publishers() override {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    stopped_.notify_all();
  }

  bool begin() override {
    tasks_.emplace_back([this] { loop(); });
    if (!stage_.comes_true([this] { return number_of(looping_) > 0; })) return false;
    for (std::size_t number = 1; number < pool_size; ++number) tasks_.emplace_back([this] { wait_and_publish(); });
    const auto all_wait = [this] { return waiting().size() == pool_size - 1; };
    if (!stage_.comes_true(all_wait)) return false;
    stage_.story().note(fmt::format(
        "One publisher pages through the followers, ever the same page. {} more want the same post.", pool_size - 1));
    return stage_.sees_empty_pool(application, "the next one");
  }

  Truth truth() const override {
    return {.rule = "root-blocker",
            .sessions = {number_of(looping_)},
            .also = {"stuck-loop"},
            .words = {application, "FROM follower"}};
  }

  bool others_went_on() override {
    const auto published = [this] {
      std::size_t done = 0;
      for (const Task& task : tasks_) {
        if (task.is_done()) ++done;
      }
      return done == pool_size - 1;
    };
    if (!stage_.comes_true(published)) return false;
    stage_.story().note(fmt::format("The {} who waited have published, one after another.", pool_size - 1));
    return true;
  }

 private:
  [[nodiscard]] std::int64_t number_of(const std::int64_t& id) const {
    const std::lock_guard lock(mutex_);
    return id;
  }
  [[nodiscard]] std::set<std::int64_t> waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_;
  }

  void loop() {
    Session session = stage_.connect(application, std::chrono::seconds(30));
    session.begin();
    session.run(publish);
    {
      const std::lock_guard lock(mutex_);
      looping_ = session.id();
    }
    // The last id of a page is kept, in the wrong column: the same page comes back, for as long as anybody lets it.
    for (bool more = true; more;) {
      for (int page = 0; page < pages_in_a_row; ++page)
        session.run("SELECT id, name FROM follower WHERE id > 0 ORDER BY id LIMIT 5");
      std::unique_lock lock(mutex_);
      more = !stopped_.wait_for(lock, nap, [this] { return stop_; });
    }
  }

  void wait_and_publish() {
    Session session = stage_.connect(application, std::chrono::seconds(30));
    session.begin();
    {
      const std::lock_guard lock(mutex_);
      waiting_.insert(session.id());
    }
    session.run(publish);
    session.commit();
  }

  Stage& stage_;
  mutable std::mutex mutex_;
  std::condition_variable stopped_;
  bool stop_ = false;
  std::int64_t looping_ = 0;
  std::set<std::int64_t> waiting_;
  std::list<Task> tasks_;  // the last to come, the first to go
};

// The same loop, asleep in its transaction: the timeout counts meanwhile.
Refusal refuse(Library& library) {
  const auto error = failure_of([&] {
    library.database().transact(
        {.timeout = std::chrono::milliseconds(300), .name = "publish post"}, [&](TransactionRef tx) {
          library.write(tx, 1);
          static_cast<void>(library.told().wait_for(EventKind::transaction_timeout, in(std::chrono::seconds(20))));
          library.write(tx, 2);
        });
  });
  const bool refused = error && error->code == ErrorCode::transaction_timeout && library.rows() == 0;
  return {refused, error ? words_of(*error) : "the transaction slept on, and committed",
          "It was told while the program slept. A Keyset's page that does not advance fails too (no_progress), and "
          "what is to be done for followers belongs into after_commit."};
}

}  // namespace

const Incident& post() {
  static const Incident incident{
      .number = 2,
      .name = "post",
      .mistake = "a stuck paging loop, and sleeps, inside a transaction",
      .story =
          "Who publishes a post tells its followers in the same transaction, page by page, with a pause between "
          "pages. The cursor of the loop is the wrong column. Whoever wants that post waits for its lock, with a "
          "connection in hand.",
      .pool = {.connections = pool_size},
      .trouble = [](Stage& stage) -> std::unique_ptr<Trouble> { return std::make_unique<Publishers>(stage); },
      .refuse = refuse};
  return incident;
}

}  // namespace lockkeeper::demo
