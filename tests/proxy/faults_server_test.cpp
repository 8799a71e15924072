// What clients are told when servers are cut off, hang, restart, or die inside a message.
#include <string>
#include <tuple>

#include "proxy/faults_stage.hpp"
#include "proxy/support/script.hpp"

namespace lockkeeper::testing {
namespace {

using std::chrono::milliseconds;

class ServerFaults : public Faults {};
INSTANTIATE_TEST_SUITE_P(Setups, ServerFaults, ::testing::ValuesIn(fault_setups()),
                         [](const auto& tested) { return name_of(tested.param); });

// At most one FATAL, behind which the connection ends.
void expect_told_once(const Messages& messages) {
  EXPECT_LE(count_of(messages, 'E'), 1) << show(messages, "  ");
  if (count_of(messages, 'E') == 1) {
    EXPECT_EQ(messages.back().type, 'E') << show(messages, "  ");
  }
}

TEST_P(ServerFaults, ACutDuringAQueryIsTold) {
  FaultsStage stage(GetParam());
  RawClient client = stage.client();
  client.send(query("SELECT pg_sleep(60), 'cut'"));
  stage.wait_until_runs("cut");
  stage.behind.cut_all();
  expect_told_once(read_to_end(client));
  stage.end_backends("cut");
  stage.expect_serves();
  stage.expect_none_lost();
}

TEST_P(ServerFaults, ACutWithinATransactionIsTold) {
  FaultsStage stage(GetParam());
  RawClient client = stage.client();
  client.ask("BEGIN");
  client.ask("UPDATE item SET price = 5 WHERE id = 1");
  stage.behind.cut_all();
  client.send(query("COMMIT"));
  const Messages answer = read_to_end(client);
  EXPECT_EQ(count_of(answer, 'C'), 0) << "told committed\n" << show(answer, "  ");
  expect_told_once(answer);
  stage.expect_serves();
  stage.expect_none_lost();
}

TEST_P(ServerFaults, ASessionEndedByTheServerIsToldOnce) {
  FaultsStage stage(GetParam());
  RawClient client = stage.client();
  client.ask("BEGIN");
  const std::string pid = first_cell(client.ask("SELECT pg_backend_pid()"));
  stage.admin.exec("SELECT pg_terminate_backend(" + pid + ")");
  const Messages answer = read_to_end(client);
  expect_told_once(answer);
  EXPECT_EQ(first_error(answer), "57P01");
  stage.expect_serves();
  stage.expect_none_lost();
}

TEST_P(ServerFaults, AFreeConnectionEndedByTheServerIsNobodysTrouble) {
  FaultsStage stage(GetParam());
  RawClient client = stage.client();
  const std::string pid = first_cell(client.ask("SELECT pg_backend_pid()"));
  if (!GetParam().transaction()) client.send(terminate());
  stage.admin.exec("SELECT pg_terminate_backend(" + pid + ")");
  wait_until([&] { return stage.backends() == 0; }, fault_patience, "the server connection to end");
  wait_until([&] { return stage.proxy.pools().servers() == 0; }, fault_patience, "the proxy to have noticed");
  if (GetParam().transaction()) {
    EXPECT_EQ(first_cell(client.ask("SELECT 'again'")), "again");
  }
  stage.expect_serves();
}

TEST_P(ServerFaults, AFreeConnectionThatIsResetIsNobodysTrouble) {
  FaultsStage stage(GetParam());
  for (const bool half : {false, true}) {
    stage.expect_serves();
    if (half) {
      stage.behind.half_close(Gate::Side::client);
    } else {
      stage.behind.reset_one(Gate::Side::client);
    }
    wait_until([&] { return stage.proxy.pools().servers() == 0; }, fault_patience, "the proxy to have noticed");
    stage.expect_serves();
  }
}

TEST_P(ServerFaults, AHalfCloseDuringAQueryIsTold) {
  FaultsStage stage(GetParam());
  RawClient client = stage.client();
  client.send(query("SELECT pg_sleep(60), 'half'"));
  stage.wait_until_runs("half");
  stage.behind.half_close(Gate::Side::client);
  expect_told_once(read_to_end(client));
  stage.expect_serves();
}

TEST_P(ServerFaults, AStalledServerGoesOn) {
  FaultsStage stage(GetParam());
  RawClient client = stage.client();
  client.ask("BEGIN");
  stage.behind.stall(true);
  client.send(query("SELECT 'late'"));
  EXPECT_FALSE(client.read(milliseconds(150)));
  stage.behind.stall(false);
  EXPECT_EQ(first_cell(client.read_until('Z', 1, fault_patience)), "late");
  client.ask("COMMIT");
  client.send(terminate());
  stage.expect_none_lost();
}

TEST_P(ServerFaults, ARestartIsOverWhenItIsOver) {
  FaultsStage stage(GetParam());
  RawClient idle = stage.client();
  idle.ask("SELECT 1");
  RawClient open = stage.client();
  open.ask("BEGIN");
  stage.admin.close();
  stage.server.restart();
  stage.admin = Session(stage.server.url("postgres", "postgres", server_password));
  expect_told_once(read_to_end(open));
  stage.expect_serves();
  if (GetParam().transaction()) {
    EXPECT_EQ(first_cell(idle.ask("SELECT 'still here'")), "still here");
  }
  idle.send(terminate());
  stage.expect_none_lost();
}

TEST_P(ServerFaults, AServerThatIsKilledIsTold) {
  FaultsStage stage(GetParam());
  RawClient client = stage.client();
  client.send(query("SELECT pg_sleep(60), 'killed'"));
  stage.wait_until_runs("killed");
  stage.admin.close();
  stage.server.kill_hard();
  expect_told_once(read_to_end(client));
  stage.server.start_again();
  stage.admin = Session(stage.server.url("postgres", "postgres", server_password));
  stage.expect_serves();
}

// The server dies after so many bytes of its answer. What came whole must be true, what did not must not be finished
// with other bytes: the connection ends where the server's did.
TEST_P(ServerFaults, AServerThatDiesInsideAMessage) {
  FaultsStage stage(GetParam());
  RawClient first = stage.plain_client();
  const std::string sql = "SELECT repeat('r', 200), repeat('s', 50) FROM generate_series(1, 3)";
  const std::string whole = encode(first.ask(sql));
  first.send(terminate());
  for (std::size_t at = 1; at < whole.size(); at += at < 320 ? 13 : 90) {
    stage.expect_serves();
    RawClient client = stage.plain_client();
    client.ask("BEGIN");
    stage.behind.cut_answer_after(at);
    client.send(query(sql));
    const Messages got = read_to_end(client);
    std::string bytes;
    for (const Message& message : got) {
      // An error of the proxy's own, at the border of two messages, is as good as the end.
      if (message.type != 'E') bytes += encode(message);
    }
    bytes += client.unfinished();
    ASSERT_TRUE(whole.starts_with(bytes))
        << "cut after " << at << " bytes: the client got other bytes than the server's\n"
        << show(got, "  ") << show(raw_bytes(client.unfinished()));
  }
  stage.expect_serves();
  stage.expect_none_lost();
}

// Every byte by itself, on both sides of the proxy; then late ones: the answers are the same.
TEST_P(ServerFaults, OneByteAtATimeAndLateBytesChangeNothing) {
  FaultsStage stage(GetParam());
  const Script script{
      {.client = 0, .messages = {query("BEGIN")}},
      {.client = 0,
       .messages = {parse("s", "SELECT $1::text, 'x'"), describe_statement("s"), bind_to("", "s", {"value"}), execute(),
                    sync()}},
      {.client = 1, .messages = {query("SELECT repeat('r', 300)"), query("SELECT 1/0")}, .count = 2},
      {.client = 0, .messages = {query("COPY (SELECT generate_series(1, 20)) TO STDOUT")}},
      {.client = 0, .messages = {query("COPY item FROM STDIN")}, .until = "GZ"},
      {.client = 0, .messages = {copy_data("50\t1\n51\t2\n"), copy_done()}},
      {.client = 0, .messages = {bind_to("", "s", {"again"}), execute(), sync(), query("ROLLBACK")}, .count = 2},
      {.client = 1, .messages = {bind_to("", "nobody"), sync()}},
  };
  const Answers direct = play(script, login_at(stage.server.port()));
  Login through = stage.proxy.login();
  through.port = stage.before.port();
  for (Gate* gate : {&stage.before, &stage.behind}) {
    gate->pace(1);
    const Answers paced = play(script, through, direct);
    EXPECT_FALSE(first_difference(direct, paced)) << show_difference(script, direct, paced);
    gate->pace(0);
    gate->delay(milliseconds(15));
    const Answers late = play(script, through, direct);
    EXPECT_FALSE(first_difference(direct, late)) << show_difference(script, direct, late);
    gate->delay(milliseconds(0));
  }
}

}  // namespace
}  // namespace lockkeeper::testing
