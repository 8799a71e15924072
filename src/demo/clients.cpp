#include "demo/clients.hpp"

#include <charconv>
#include <exception>
#include <utility>

#include "demo/waiting.hpp"

namespace lockkeeper::demo {
namespace {

constexpr std::chrono::milliseconds twin_pause{25};

std::int64_t number_in(const Rows& rows) {
  std::int64_t number = 0;
  const std::string text(rows.empty() ? std::string_view() : rows.cell(0, 0).value_or(""));
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

Session::Session(Driver& driver, const std::string& url, const std::string& application, Deadline deadline,
                 std::string unit)
    : unit_(std::move(unit)) {
  Target target;
  target.url = url;
  target.application_name = application;
  // InnoDB gives up after 50 s, which a viewer may well take to read.
  if (!url.starts_with("postgres")) target.settings["innodb_lock_wait_timeout"] = "3600";
  connection_ = driver.connect(target, deadline);
  learn_id(deadline);
}

void Session::learn_id(Deadline deadline) {
  const bool on_postgres = connection_->server().engine == Engine::postgres;
  const char* ask = on_postgres ? "SELECT pg_backend_pid()" : "SELECT connection_id()";
  id_ = number_in(connection_->execute(tagged(ask), deadline));
}

std::string Session::tagged(const std::string& sql) const {
  return unit_.empty() ? sql : "/*request_id='" + unit_ + "'*/ " + sql;
}

void Session::begin() { connection_->begin({}, in(patience)); }

Rows Session::run(const std::string& sql) { return connection_->execute(tagged(sql), in(patience)); }

int Session::number(const std::string& sql) { return static_cast<int>(number_in(run(sql))); }

std::unique_ptr<RowStream> Session::open(const std::string& sql) {
  return connection_->stream(tagged(sql), {}, 1, in(patience));
}

Task::Task(std::function<void()> work)
    : thread_([this, work = std::move(work)] {
        std::string error;
        try {
          work();
        } catch (const std::exception& failure) {
          error = failure.what();
        }
        const std::lock_guard lock(mutex_);
        error_ = std::move(error);
        over_ = true;
      }) {}

Task::~Task() { thread_.join(); }

bool Task::is_over() const {
  const std::lock_guard lock(mutex_);
  return over_;
}

bool Task::is_done() const {
  const std::lock_guard lock(mutex_);
  return over_ && error_.empty();
}

std::string Task::error() const {
  const std::lock_guard lock(mutex_);
  return error_;
}

bool Meeting::arrive_and_wait() {
  std::unique_lock lock(mutex_);
  --expected_;
  changed_.notify_all();
  const bool over = changed_.wait_for(lock, std::chrono::seconds(30), [this] { return expected_ <= 0 || called_off_; });
  return over && !called_off_;
}

void Meeting::call_off() {
  const std::lock_guard lock(mutex_);
  called_off_ = true;
  changed_.notify_all();
}

Twin::Twin(Driver& driver, const std::string& url, const std::string& application)
    : session_(driver, url, application, in(std::chrono::seconds(30))),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

Twin::~Twin() = default;

void Twin::work(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  while (!stop.stop_requested()) {
    try {
      session_.begin();
      session_.run("UPDATE visit SET pages = pages + 1 WHERE id = 1");
      session_.run("SELECT pages FROM visit WHERE id = 1");
      session_.commit();
      ++transactions_;
    } catch (const std::exception&) {
      ++errors_;
    }
    std::unique_lock lock(mutex);
    stopped.wait_for(lock, stop, twin_pause, [] { return false; });
  }
}

}  // namespace lockkeeper::demo
