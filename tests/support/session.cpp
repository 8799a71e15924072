#include "support/session.hpp"

#include <libpq-fe.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace lockkeeper::testing {
namespace {

using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

constexpr const char* connection_failure = "08006";

Table table_of(const PGresult* result) {
  Table table;
  for (int row = 0; row < PQntuples(result); ++row) {
    auto& cells = table.emplace_back();
    for (int column = 0; column < PQnfields(result); ++column) {
      if (PQgetisnull(result, row, column) != 0) {
        cells.emplace_back(std::nullopt);
      } else {
        cells.emplace_back(PQgetvalue(result, row, column));
      }
    }
  }
  return table;
}

bool is_error(const PGresult* result) {
  const auto status = PQresultStatus(result);
  return status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE;
}

SessionError error_of(const PGresult* result) {
  const char* sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  return {PQresultErrorMessage(result), sqlstate != nullptr ? sqlstate : ""};
}

}  // namespace

struct Session::Body {
  std::unique_ptr<PGconn, decltype(&PQfinish)> connection{nullptr, &PQfinish};

  [[nodiscard]] PGconn* get() const {
    if (!connection) throw std::logic_error("the test session is closed");
    return connection.get();
  }

  // Reads what has come; false once the result of the last `send` is complete.
  [[nodiscard]] bool is_busy() const {
    if (PQconsumeInput(get()) == 0) return false;  // The connection is lost: PQgetResult tells.
    return PQisBusy(get()) != 0;
  }

  void wait_for_result(std::chrono::steady_clock::time_point deadline) const {
    while (is_busy()) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      if (left.count() <= 0) throw std::runtime_error("the test session's statement did not finish in time");
      pollfd watched{PQsocket(get()), POLLIN, 0};
      ::poll(&watched, 1, static_cast<int>(left.count()));
    }
  }

  [[noreturn]] void throw_error() const { throw SessionError(PQerrorMessage(get()), ""); }
};

Session::Session(const std::string& url, const std::string& application_name) : body_(std::make_unique<Body>()) {
  const std::array<const char*, 4> names{"dbname", "fallback_application_name", "connect_timeout", nullptr};
  const std::array<const char*, 4> values{url.c_str(), application_name.c_str(), "30", nullptr};
  body_->connection.reset(PQconnectdbParams(names.data(), values.data(), 1));
  if (PQstatus(body_->get()) != CONNECTION_OK) body_->throw_error();
  PQsetNoticeProcessor(body_->get(), [](void*, const char*) {}, nullptr);
}

Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

std::int64_t Session::pid() const noexcept { return PQbackendPID(body_->connection.get()); }

Table Session::exec(const std::string& sql, std::chrono::milliseconds timeout) {
  send(sql);
  return finish(timeout);
}

std::string Session::try_exec(const std::string& sql, std::chrono::milliseconds timeout) {
  try {
    send(sql);
  } catch (const SessionError&) {
    return connection_failure;
  }
  return try_finish(timeout);
}

std::string Session::value(const std::string& sql) {
  const Table table = exec(sql);
  if (table.empty() || table[0].empty() || !table[0][0]) throw std::runtime_error("no value from: " + sql);
  return *table[0][0];
}

void Session::send(const std::string& sql) {
  if (PQsendQuery(body_->get(), sql.c_str()) == 0) body_->throw_error();
}

bool Session::is_busy() { return body_->is_busy(); }

Table Session::finish(std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  Table last;
  std::optional<SessionError> error;
  for (;;) {
    body_->wait_for_result(deadline);
    const Result result(PQgetResult(body_->get()), &PQclear);
    if (!result) break;
    if (is_error(result.get())) {
      error = error_of(result.get());
    } else {
      last = table_of(result.get());
    }
  }
  if (error) throw SessionError(*error);
  return last;
}

std::string Session::try_finish(std::chrono::milliseconds timeout) {
  try {
    finish(timeout);
    return "00000";
  } catch (const SessionError& error) {
    return error.sqlstate().empty() ? connection_failure : error.sqlstate();
  }
}

void Session::close() { body_->connection.reset(); }

void Session::abort() {
  // libpq says goodbye when it closes: shut the socket first, so that the word cannot leave.
  ::shutdown(PQsocket(body_->get()), SHUT_RDWR);
  body_->connection.reset();
}

void wait_until_waiting(Session& observer, std::int64_t pid, std::chrono::milliseconds timeout) {
  const std::string backend = std::to_string(pid);
  const std::string query = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND pid = " + backend;
  wait_until([&] { return !observer.exec(query).empty(); }, timeout, "backend " + backend + " to wait for a lock");
}

void wait_until_state(Session& observer, std::int64_t pid, std::string_view state, std::chrono::milliseconds timeout) {
  const std::string backend = std::to_string(pid);
  const std::string query =
      "SELECT 1 FROM pg_stat_activity WHERE state = '" + std::string(state) + "' AND pid = " + backend;
  wait_until([&] { return !observer.exec(query).empty(); }, timeout,
             "backend " + backend + " to be " + std::string(state));
}

void wait_until_gone(Session& observer, std::int64_t pid, std::chrono::milliseconds timeout) {
  const std::string backend = std::to_string(pid);
  const std::string query = "SELECT 1 FROM pg_stat_activity WHERE pid = " + backend;
  wait_until([&] { return observer.exec(query).empty(); }, timeout, "backend " + backend + " to end");
}

}  // namespace lockkeeper::testing
