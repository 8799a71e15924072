// Two hundred clients share a few servers (isolation.hpp).
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "proxy/isolation.hpp"
#include "proxy/support/proxy_process.hpp"
#include "proxy/support/raw_client.hpp"
#include "support/servers.hpp"
#include "support/session.hpp"

namespace lockkeeper::testing {
namespace {

using namespace isolation;

// Many sessions at once keep a server on a busy machine from its cancel requests for ten seconds and more. One that was
// given up before may still come, and hit what its own client asks next.
constexpr std::chrono::seconds cancel_patience{50};

class PostgresClient : public TaggedClient {
 public:
  PostgresClient(Login login, unsigned number, Report& report)
      : TaggedClient(number, report), login_(std::move(login)) {}

 private:
  [[nodiscard]] bool is_connected() const override { return client_.has_value(); }

  void arrive() override {
    login_.more = {{"application_name", tag()}};
    client_.emplace(login_);
    for (const Message& message : client_->greeting()) check(message.body);
  }

  void say_goodbye() override { client_->send(terminate()); }

  void one_operation() override {
    switch (random_() % 14) {
      case 0: return rows();
      case 1: return extended();
      case 2: return unnamed_across_syncs();
      case 3: return named();
      case 4: return (void)talk({query("DO $$BEGIN RAISE NOTICE '" + tag() + "'; END$$")});
      case 5: return error();
      case 6: return setting();
      case 7: return transaction();
      case 8: return copy();
      case 9: return (void)talk({query("SHOW application_name")});
      case 10: return one_in(4) ? cancel_one() : rows();
      case 11: return one_in(8) ? leave() : extended();
      case 12: return pipeline();
      default: return one_in(4) ? listen() : named();
    }
  }

  // Everything that comes carries our tag or none.
  Messages talk(const Messages& messages, int syncs = 1) {
    client_->send(messages);
    Messages answer = client_->read_until('Z', syncs);
    if (client_->ending() != Ending::open) throw std::runtime_error("the connection ended");
    for (const Message& message : answer) {
      check(message.body);
      if (message.type == 'E' && !expected_.contains(error_field(message, 'C'))) {
        report().complain(tag() + " got " + show(message));
      }
      report().errors += message.type == 'E' ? 1U : 0U;
    }
    return answer;
  }

  // The answer's first cell must be just that: an answer of nobody's would carry no tag at all.
  void expect_cell(const Messages& answer, const std::string& cell) {
    if (first_cell(answer) != cell) report().complain(tag() + " expected " + cell + ", got\n" + show(answer, "  "));
  }

  void rows() {
    const std::string count = std::to_string(1 + random_() % 200);
    const Messages answer = talk(
        {query("SELECT '" + tag() + "' || repeat('.', " + count + "), g FROM generate_series(1, " + count + ") g")});
    const auto got = std::ranges::count(answer, 'D', &Message::type);
    if (std::to_string(got) != count) report().complain(tag() + " got " + std::to_string(got) + " rows of " + count);
  }

  void extended() {
    const std::string text = tag() + std::string(random_() % 20'000, 'p');
    expect_cell(talk({parse("", "SELECT $1::text"), bind_to("", "", {text}), execute(), sync()}), text);
  }

  void unnamed_across_syncs() {
    talk({parse("", "SELECT '" + tag() + "unnamed'"), sync()});
    expect_cell(talk({bind_to("", ""), execute(), sync()}), tag() + "unnamed");
  }

  // The same name for all, each with a text of its own.
  void named() {
    const std::string name = "s" + std::to_string(random_() % 3);
    if (prepared_.insert(name).second) talk({parse(name, "SELECT '" + tag() + name + "' || $1::text"), sync()});
    expect_cell(talk({bind_to("", name, {tag()}), execute(), sync()}), tag() + name + tag());
    if (one_in(8)) {
      talk({close_statement(name), sync()});
      prepared_.erase(name);
    }
  }

  void error() {
    expected_ = {"LK001"};
    talk(
        {query("DO $$BEGIN RAISE EXCEPTION '" + tag() + "' USING ERRCODE = 'LK001', DETAIL = '" + tag() + "'; END$$")});
    expected_.clear();
  }

  void setting() {
    talk({query("SET application_name = '" + tag() + "set'")});
    expect_cell(talk({query("SHOW application_name")}), tag() + "set");
  }

  void transaction() {
    talk({query("BEGIN")});
    talk({query("INSERT INTO tagged VALUES (" + std::to_string(number()) + ", '" + tag() + "')")});
    talk({query("SELECT tag FROM tagged WHERE client = " + std::to_string(number()) + " AND tag = '" + tag() + "'")});
    if (one_in(6)) return leave();
    talk({query(one_in(2) ? "COMMIT" : "ROLLBACK")});
  }

  void copy() {
    client_->send(query("COPY tagged FROM STDIN"));
    client_->send(copy_data(std::to_string(number()) + "\t" + tag() + "\n"));
    talk({copy_done()});
    talk({query("COPY (SELECT '" + tag() + "' FROM generate_series(1, 50)) TO STDOUT")});
  }

  void pipeline() {
    expected_ = {"22012"};
    const Messages one{parse("", "SELECT '" + tag() + "'"), bind_to("", ""), execute()};
    const Messages failing{parse("", "SELECT 1/0, '" + tag() + "'"), bind_to("", ""), execute()};
    talk(one + failing + one + Messages{sync()} + one + Messages{sync(), query("SELECT '" + tag() + "'")}, 3);
    expected_.clear();
  }

  void listen() {
    const std::string channel = "c" + std::to_string(number());
    talk({query("LISTEN " + channel)});
    talk({query("NOTIFY " + channel + ", '" + tag() + "'")});
    talk({query("UNLISTEN *")});
  }

  // Ends early where the cancel came in time; never does it end anybody else's.
  void cancel_one() {
    client_->send(query("SELECT pg_sleep(0.1), '" + tag() + "'"));
    cancel(login_.port, client_->pid(), client_->secret(), cancel_patience);
    ++report().cancels;
    expected_ = {"57014"};
    talk({});
    expected_.clear();
  }

  void leave() {
    ++report().departures;
    if (one_in(2)) client_->send(query("SELECT '" + tag() + "', pg_sleep(0.02) FROM generate_series(1, 3)"));
    if (one_in(3)) client_->send_bytes(encode(query("SELECT 'half a message'")).substr(0, 9));
    if (one_in(2)) {
      client_->reset();
    } else {
      client_->close();
    }
    client_.reset();
    prepared_.clear();
  }

  Login login_;
  std::optional<RawClient> client_;
  std::set<std::string> prepared_, expected_;
};

// To whom something of a stranger comes.
class Deceived : public TaggedClient {
 public:
  using TaggedClient::TaggedClient;

 private:
  [[nodiscard]] bool is_connected() const override { return !tag().empty(); }
  void arrive() override {}
  void say_goodbye() override {}
  void one_operation() override { check(tag() + " and <tag:7:10>, said " + tag()); }
};

TEST(TaggedClient, AStrangersTagIsAComplaintEachTime) {
  Report report;
  Deceived(7, report).run(Clock::now());
  EXPECT_EQ(report.complaints(),
            std::vector<std::string>(report.operations, "<tag:7:1> got <tag:7:1> and <tag:7:10>, said <tag:7:1>"));
}

class Isolation : public ::testing::TestWithParam<Setup> {};

TEST_P(Isolation, NothingOfAnotherClientArrives) {
  auto server = start_server(GetParam(), {{"max_connections", std::to_string(clients() + 50)}});
  Session admin(server.url("postgres", "postgres", server_password));
  admin.exec("CREATE TABLE tagged (client int, tag text)");
  // In session mode each client has a server connection of its own, and comes back to one that others have used.
  ProxyProcess proxy({.setup = GetParam(),
                      .server_port = server.port(),
                      .pool_size = GetParam().transaction() ? 12 : clients(),
                      .configuration = "cancel_timeout = \"" + std::to_string(cancel_patience.count()) + "s\"\n"});
  Report report;
  run_together(report,
               [&](unsigned number) { return std::make_unique<PostgresClient>(proxy.login(), number, report); });
  EXPECT_TRUE(becomes_true([&] { return proxy.pools().servers_active == 0; }, default_patience))
      << "server connections are held though all clients have left";
  if (HasFailure()) std::printf("the proxy's log:\n%s\n", proxy.log().c_str());
}

INSTANTIATE_TEST_SUITE_P(Setups, Isolation,
                         ::testing::Values(Setup{"transaction", "io_uring", 15}, Setup{"transaction", "epoll", 18},
                                           Setup{"session", "io_uring", 15}),
                         [](const auto& tested) { return name_of(tested.param); });

}  // namespace
}  // namespace lockkeeper::testing
