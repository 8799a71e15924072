// What happens to a server connection whose client is cut off, leaves, or does not read.
#include <fstream>
#include <string>

#include "proxy/faults_stage.hpp"

namespace lockkeeper::testing {
namespace {

using std::chrono::milliseconds;

class ClientFaults : public Faults {};
INSTANTIATE_TEST_SUITE_P(Setups, ClientFaults, ::testing::ValuesIn(fault_setups()),
                         [](const auto& tested) { return name_of(tested.param); });

TEST_P(ClientFaults, ACutDuringAQueryCancelsIt) {
  FaultsStage stage(GetParam());
  RawClient client = stage.client();
  client.send(query("SELECT pg_sleep(60), 'cut'"));
  stage.wait_until_runs("cut");
  stage.before.cut_all();
  EXPECT_TRUE(becomes_true([&] { return stage.running("cut") == 0; }, fault_patience)) << "it runs on for nobody";
  stage.expect_serves();
  stage.expect_none_lost();
}

TEST_P(ClientFaults, AnEndDuringAQueryCancelsIt) {
  FaultsStage stage(GetParam());
  RawClient client = stage.client();
  client.send(query("SELECT pg_sleep(60), 'left'"));
  stage.wait_until_runs("left");
  client.close();
  EXPECT_TRUE(becomes_true([&] { return stage.running("left") == 0; }, fault_patience)) << "it runs on for nobody";
  stage.expect_serves();
  stage.expect_none_lost();
}

TEST_P(ClientFaults, ACutWithinATransactionRollsItBack) {
  FaultsStage stage(GetParam());
  RawClient client = stage.client();
  client.ask("BEGIN");
  client.ask("UPDATE item SET price = 5 WHERE id = 1");
  stage.before.cut_all();
  EXPECT_TRUE(becomes_true([&] { return stage.open_transactions() == 0; }, fault_patience));
  EXPECT_EQ(stage.admin.value("SELECT price FROM item WHERE id = 1"), "0");
  stage.expect_none_lost();
}

TEST_P(ClientFaults, ACutWithinCopyRollsItBack) {
  FaultsStage stage(GetParam());
  RawClient client = stage.client();
  client.send(query("COPY item FROM STDIN"));
  (void)client.read_until('G');
  client.send(copy_data("100\t1\n"));
  stage.before.cut_all();
  EXPECT_TRUE(becomes_true([&] { return stage.open_transactions() == 0; }, fault_patience));
  EXPECT_EQ(stage.admin.value("SELECT count(*) FROM item"), "10");
  stage.expect_serves();
  stage.expect_none_lost();
}

TEST_P(ClientFaults, ACutWithinAPipelineRollsItBack) {
  FaultsStage stage(GetParam());
  RawClient client = stage.client();
  client.send({parse("", "UPDATE item SET price = 5 WHERE id = 1"), bind_to("", ""), execute(), flush()});
  (void)client.read_until('C');
  stage.before.cut_all();
  EXPECT_TRUE(becomes_true([&] { return stage.open_transactions() == 0; }, fault_patience));
  EXPECT_EQ(stage.admin.value("SELECT price FROM item WHERE id = 1"), "0");
  stage.expect_none_lost();
}

TEST_P(ClientFaults, AHalfClosedClientHoldsNothingInTheEnd) {
  FaultsStage stage(GetParam());
  RawClient client = stage.client();
  client.send(query("SELECT 'asked'"));
  client.half_close();
  (void)read_to_end(client);
  RawClient open = stage.client();
  open.ask("BEGIN");
  open.half_close();
  (void)read_to_end(open);
  EXPECT_TRUE(becomes_true([&] { return stage.open_transactions() == 0; }, fault_patience));
  stage.expect_none_lost();
}

TEST_P(ClientFaults, HalfAMessageHoldsNoServer) {
  FaultsStage stage(GetParam(), GetParam().transaction() ? 1 : 4);
  RawClient slow = stage.client();
  const std::string bytes = encode(query("SELECT 'slow'"));
  slow.send_bytes(bytes.substr(0, 8));
  // Only one server connection: it must be free for the others.
  for (int i = 0; i < 3; ++i) stage.expect_serves();
  slow.send_bytes(bytes.substr(8));
  EXPECT_EQ(first_cell(slow.read_until('Z', 1, fault_patience)), "slow");
}

TEST_P(ClientFaults, OneWhoDoesNotReadDelaysNobody) {
  FaultsStage stage(GetParam());
  RawClient slow = stage.plain_client();
  slow.send(query("SELECT repeat('x', 100000) FROM generate_series(1, 1000)"));
  stage.wait_until_runs("repeat");
  for (int i = 0; i < 5; ++i) stage.expect_serves();
  std::ifstream status("/proc/" + std::to_string(stage.proxy.pid()) + "/statm");
  long pages = 0, resident = 0;
  status >> pages >> resident;
  EXPECT_LT(resident * 4096 / 1024 / 1024, 90) << "MiB: the proxy has kept what its client does not read";
  const Messages rows = slow.read_until('Z');
  EXPECT_EQ(count_of(rows, 'D'), 1000);
  EXPECT_TRUE(
      std::ranges::all_of(rows, [](const Message& row) { return row.type != 'D' || row.body.size() == 100006; }));
  slow.send(terminate());
  stage.expect_none_lost();
}

TEST_P(ClientFaults, OneWhoNeverReadsAndLeavesLosesNothing) {
  FaultsStage stage(GetParam());
  RawClient slow = stage.plain_client();
  slow.send(query("SELECT repeat('x', 100000) FROM generate_series(1, 1000)"));
  stage.wait_until_runs("repeat");
  slow.reset();
  EXPECT_TRUE(becomes_true([&] { return stage.running("repeat") == 0; }, fault_patience));
  stage.expect_serves();
  stage.expect_none_lost();
}

TEST_P(ClientFaults, TerminateBehindAQueryLetsItEnd) {
  FaultsStage stage(GetParam());
  RawClient client = stage.client();
  client.send({query("UPDATE item SET price = 9 WHERE id = 2"), terminate()});
  (void)read_to_end(client);
  EXPECT_TRUE(
      becomes_true([&] { return stage.admin.value("SELECT price FROM item WHERE id = 2") == "9"; }, fault_patience));
  stage.expect_none_lost();
}

TEST_P(ClientFaults, ATransactionFailedAndLeftIsNobodyElses) {
  FaultsStage stage(GetParam(), GetParam().transaction() ? 1 : 4);
  RawClient client = stage.client();
  client.ask("BEGIN");
  EXPECT_EQ(first_error(client.ask("SELECT 1/0")), "22012");
  client.close();
  stage.expect_serves();
  stage.expect_none_lost();
}

}  // namespace
}  // namespace lockkeeper::testing
