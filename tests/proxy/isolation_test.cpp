// Two hundred clients whose every text carries their own tag share a few servers, while queries are cancelled and
// clients leave in the middle of anything: no message with another client's tag ever arrives. LOCKKEEPER_STRESS_SECONDS
// (default 5): for how long. LOCKKEEPER_ISOLATION_CLIENTS (default 200).
#include <gtest/gtest.h>

#include <algorithm>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "proxy/support/proxy_process.hpp"
#include "proxy/support/raw_client.hpp"
#include "support/servers.hpp"
#include "support/session.hpp"

namespace lockkeeper::testing {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

int number_from(const char* name, int otherwise) {
  const char* given = std::getenv(name);
  return given == nullptr ? otherwise : std::atoi(given);
}

constexpr int least_operations = 4;

// What all clients report to.
struct Report {
  std::atomic<std::uint64_t> operations{0}, cancels{0}, departures{0}, errors{0};
  std::mutex mutex;
  std::vector<std::string> complaints;

  void complain(const std::string& text) {
    const std::lock_guard guard(mutex);
    if (complaints.size() < 10) complaints.push_back(text);
  }
};

// Complains of every tag in the message that is not one's own.
void check_tags(const Message& message, std::string_view own, Report& report) {
  const std::string_view body = message.body;
  for (std::size_t at = body.find("<tag:"); at != std::string_view::npos; at = body.find("<tag:", at + 1)) {
    if (body.substr(at, own.size()) != own) report.complain(std::string(own) + " got " + show(message));
  }
}

class TaggedClient {
 public:
  TaggedClient(Login login, unsigned number, Report& report)
      : login_(std::move(login)), number_(number), report_(report), random_(number) {}

  void run(Clock::time_point end) {
    try {
      // On a busy machine the logins alone may take until the end.
      for (int done = 0; done < least_operations || Clock::now() < end; ++done) {
        if (!client_) arrive();
        one_operation();
        ++report_.operations;
      }
      if (client_) client_->send(terminate());
    } catch (const std::exception& error) {
      report_.complain(tag_ + ": " + error.what());
    }
  }

 private:
  void arrive() {
    tag_ = "<tag:" + std::to_string(number_) + ":" + std::to_string(++life_) + ">";
    login_.more = {{"application_name", tag_}};
    client_.emplace(login_);
    for (const Message& message : client_->greeting()) check_tags(message, tag_, report_);
  }

  void one_operation() {
    switch (random_() % 14) {
      case 0: return rows();
      case 1: return extended();
      case 2: return unnamed_across_syncs();
      case 3: return named();
      case 4: return (void)talk({query("DO $$BEGIN RAISE NOTICE '" + tag_ + "'; END$$")});
      case 5: return error();
      case 6: return setting();
      case 7: return transaction();
      case 8: return copy();
      case 9: return (void)talk({query("SHOW application_name")});
      case 10: return random_() % 4 == 0 ? cancel_one() : rows();
      case 11: return random_() % 8 == 0 ? leave() : extended();
      case 12: return pipeline();
      default: return random_() % 4 == 0 ? listen() : named();
    }
  }

  // Everything that comes carries our tag or none.
  Messages talk(const Messages& messages, int syncs = 1) {
    client_->send(messages);
    Messages answer = client_->read_until('Z', syncs);
    if (client_->ending() != Ending::open) throw std::runtime_error("the connection ended");
    for (const Message& message : answer) {
      check_tags(message, tag_, report_);
      if (message.type == 'E' && !expected_.contains(error_field(message, 'C'))) {
        report_.complain(tag_ + " got " + show(message));
      }
      report_.errors += message.type == 'E' ? 1U : 0U;
    }
    return answer;
  }

  // The answer's first cell must be just that: an answer of nobody's would carry no tag at all.
  void expect_cell(const Messages& answer, const std::string& cell) {
    if (first_cell(answer) != cell) report_.complain(tag_ + " expected " + cell + ", got\n" + show(answer, "  "));
  }

  void rows() {
    const std::string count = std::to_string(1 + random_() % 200);
    const Messages answer = talk(
        {query("SELECT '" + tag_ + "' || repeat('.', " + count + "), g FROM generate_series(1, " + count + ") g")});
    const auto got = std::ranges::count(answer, 'D', &Message::type);
    if (std::to_string(got) != count) report_.complain(tag_ + " got " + std::to_string(got) + " rows of " + count);
  }

  void extended() {
    const std::string text = tag_ + std::string(random_() % 20'000, 'p');
    expect_cell(talk({parse("", "SELECT $1::text"), bind_to("", "", {text}), execute(), sync()}), text);
  }

  void unnamed_across_syncs() {
    talk({parse("", "SELECT '" + tag_ + "unnamed'"), sync()});
    expect_cell(talk({bind_to("", ""), execute(), sync()}), tag_ + "unnamed");
  }

  // The same name for all, each with a text of its own.
  void named() {
    const std::string name = "s" + std::to_string(random_() % 3);
    if (prepared_.insert(name).second) talk({parse(name, "SELECT '" + tag_ + name + "' || $1::text"), sync()});
    expect_cell(talk({bind_to("", name, {tag_}), execute(), sync()}), tag_ + name + tag_);
    if (random_() % 8 == 0) {
      talk({close_statement(name), sync()});
      prepared_.erase(name);
    }
  }

  void error() {
    expected_ = {"LK001"};
    talk({query("DO $$BEGIN RAISE EXCEPTION '" + tag_ + "' USING ERRCODE = 'LK001', DETAIL = '" + tag_ + "'; END$$")});
    expected_.clear();
  }

  void setting() {
    talk({query("SET application_name = '" + tag_ + "set'")});
    expect_cell(talk({query("SHOW application_name")}), tag_ + "set");
  }

  void transaction() {
    talk({query("BEGIN")});
    talk({query("INSERT INTO tagged VALUES (" + std::to_string(number_) + ", '" + tag_ + "')")});
    talk({query("SELECT tag FROM tagged WHERE client = " + std::to_string(number_) + " AND tag = '" + tag_ + "'")});
    if (random_() % 6 == 0) return leave();
    talk({query(random_() % 2 == 0 ? "COMMIT" : "ROLLBACK")});
  }

  void copy() {
    client_->send(query("COPY tagged FROM STDIN"));
    client_->send(copy_data(std::to_string(number_) + "\t" + tag_ + "\n"));
    talk({copy_done()});
    talk({query("COPY (SELECT '" + tag_ + "' FROM generate_series(1, 50)) TO STDOUT")});
  }

  void pipeline() {
    expected_ = {"22012"};
    const Messages one{parse("", "SELECT '" + tag_ + "'"), bind_to("", ""), execute()};
    const Messages failing{parse("", "SELECT 1/0, '" + tag_ + "'"), bind_to("", ""), execute()};
    talk(one + failing + one + Messages{sync()} + one + Messages{sync(), query("SELECT '" + tag_ + "'")}, 3);
    expected_.clear();
  }

  void listen() {
    const std::string channel = "c" + std::to_string(number_);
    talk({query("LISTEN " + channel)});
    talk({query("NOTIFY " + channel + ", '" + tag_ + "'")});
    talk({query("UNLISTEN *")});
  }

  // Ends early where the cancel came in time; never does it end anybody else's.
  void cancel_one() {
    client_->send(query("SELECT pg_sleep(0.1), '" + tag_ + "'"));
    cancel(login_.port, client_->pid(), client_->secret());
    ++report_.cancels;
    expected_ = {"57014"};
    talk({});
    expected_.clear();
  }

  void leave() {
    ++report_.departures;
    if (random_() % 2 == 0) client_->send(query("SELECT '" + tag_ + "', pg_sleep(0.02) FROM generate_series(1, 3)"));
    if (random_() % 3 == 0) client_->send_bytes(encode(query("SELECT 'half a message'")).substr(0, 9));
    if (random_() % 2 == 0) {
      client_->reset();
    } else {
      client_->close();
    }
    client_.reset();
    prepared_.clear();
  }

  Login login_;
  unsigned number_;
  Report& report_;
  std::mt19937 random_;
  unsigned life_ = 0;
  std::string tag_;
  std::optional<RawClient> client_;
  std::set<std::string> prepared_, expected_;
};

class Isolation : public ::testing::TestWithParam<Setup> {};

TEST_P(Isolation, NothingOfAnotherClientArrives) {
  const int clients = number_from("LOCKKEEPER_ISOLATION_CLIENTS", 200);
  auto server = start_server(GetParam(), {{"max_connections", std::to_string(clients + 50)}});
  Session admin(server.url("postgres", "postgres", server_password));
  admin.exec("CREATE TABLE tagged (client int, tag text)");
  // In session mode each client has a server connection of its own, and comes back to one that others have used.
  ProxyProcess proxy(
      {.setup = GetParam(), .server_port = server.port(), .pool_size = GetParam().transaction() ? 12 : clients});
  Report report;
  const Clock::time_point end = Clock::now() + seconds(number_from("LOCKKEEPER_STRESS_SECONDS", 5));
  std::vector<std::thread> threads;
  for (int i = 0; i < clients; ++i) {
    threads.emplace_back([&, i] { TaggedClient(proxy.login(), static_cast<unsigned>(i), report).run(end); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& complaint : report.complaints) ADD_FAILURE() << complaint;
  EXPECT_GE(report.operations, static_cast<std::uint64_t>(least_operations * clients));
  EXPECT_GT(report.cancels, 0U);
  EXPECT_GT(report.departures, 0U);
  EXPECT_TRUE(becomes_true([&] { return proxy.pools().servers_active == 0; }, default_patience))
      << "server connections are held though all clients have left";
  std::printf("isolation: %llu operations, %llu cancels, %llu departures, %llu errors of one's own\n",
              static_cast<unsigned long long>(report.operations), static_cast<unsigned long long>(report.cancels),
              static_cast<unsigned long long>(report.departures), static_cast<unsigned long long>(report.errors));
}

INSTANTIATE_TEST_SUITE_P(Setups, Isolation,
                         ::testing::Values(Setup{"transaction", "io_uring", 15}, Setup{"transaction", "epoll", 18},
                                           Setup{"session", "io_uring", 15}),
                         [](const auto& tested) { return name_of(tested.param); });

}  // namespace
}  // namespace lockkeeper::testing
