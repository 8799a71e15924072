#include "client/drivers/postgres_connect.hpp"

#include <locale.h>

#include <string>
#include <vector>

#include "client/drivers/postgres_errors.hpp"
#include "client/drivers/postgres_target.hpp"
#include "client/drivers/socket_wait.hpp"

namespace lockkeeper::client {
namespace {

// This thread's messages in English meanwhile, so that libpq's words can be told apart (postgres_errors.cpp).
class EnglishMessages {
 public:
  EnglishMessages() : english_(::newlocale(LC_ALL_MASK, "C", nullptr)), before_(::uselocale(english_)) {}
  EnglishMessages(const EnglishMessages&) = delete;
  EnglishMessages& operator=(const EnglishMessages&) = delete;
  ~EnglishMessages() {
    ::uselocale(before_);
    if (english_ != nullptr) ::freelocale(english_);
  }

 private:
  locale_t english_;
  locale_t before_;
};

std::vector<const char*> pointers(const std::vector<std::string>& texts) {
  std::vector<const char*> list;
  for (const std::string& text : texts) list.push_back(text.c_str());
  list.push_back(nullptr);
  return list;
}

Error not_in_time(PGconn* connection, bool reached) {
  const char* host = PQhost(connection);
  const std::string where = host == nullptr ? "" : std::string(" at ") + host + " port " + PQport(connection);
  const std::string what =
      reached ? "accepted the connection but did not finish the handshake in time" : "did not answer in time";
  return {ErrorCode::deadline, "", "the server" + where + " " + what, Blast::connection};
}

Result<PgConnection> shake_hands(PgConnection connection, const Target& target, Deadline deadline) {
  ConnectProgress progress{false, target.url};
  // libpq begins as if it had answered "writing".
  PostgresPollingStatusType next = PGRES_POLLING_WRITING;
  while (PQstatus(connection.get()) != CONNECTION_BAD && next != PGRES_POLLING_OK && next != PGRES_POLLING_FAILED) {
    const Interest interest = next == PGRES_POLLING_READING ? Interest::read : Interest::write;
    if (!wait_for_socket(PQsocket(connection.get()), interest, deadline)) {
      return std::unexpected(not_in_time(connection.get(), progress.reached));
    }
    next = PQconnectPoll(connection.get());
    const ConnStatusType status = PQstatus(connection.get());
    progress.reached =
        progress.reached || (status != CONNECTION_BAD && status != CONNECTION_STARTED && status != CONNECTION_NEEDED);
  }
  if (next == PGRES_POLLING_OK) return connection;
  return std::unexpected(connect_error(connection.get(), progress));
}

void prepare_for_use(PGconn* connection) {
  PQsetErrorVerbosity(connection, PQERRORS_DEFAULT);
  PQsetnonblocking(connection, 1);
}

}  // namespace

Result<PgConnection> connect_postgres(const Target& target, Deadline deadline) {
  const EnglishMessages english;
  const auto parameters = resolve(target, deadline);
  if (!parameters) return std::unexpected(parameters.error());
  const auto keywords = pointers(parameters->keywords);
  const auto values = pointers(parameters->values);
  PgConnection connection(PQconnectStartParams(keywords.data(), values.data(), 1));
  if (!connection) return std::unexpected(out_of_memory());
  PQsetErrorVerbosity(connection.get(), PQERRORS_VERBOSE);
  auto connected = shake_hands(std::move(connection), target, parameters->deadline);
  if (connected) prepare_for_use(connected->get());
  return connected;
}

}  // namespace lockkeeper::client
