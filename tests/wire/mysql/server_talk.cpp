#include "wire/mysql/server_talk.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

namespace lockkeeper::testing::mysql {
namespace {

namespace my = lockkeeper::wire::mysql;
using my::Capability;
using my::Command;

std::map<std::string, std::unique_ptr<MysqlServer>>& servers() {
  static std::map<std::string, std::unique_ptr<MysqlServer>> all;  // By label.
  return all;
}

my::Capabilities capabilities_of(const Talk& talk) {
  my::Capabilities all;
  for (const Capability one :
       {Capability::database, Capability::local_files, Capability::protocol_41, Capability::transactions,
        Capability::secure_connection, Capability::multi_statements, Capability::multi_results,
        Capability::prepared_multi_results, Capability::plugin_auth, Capability::connect_attributes,
        Capability::sized_auth, Capability::session_track, Capability::bulk_statements, Capability::query_attributes}) {
    all = all.with(one);
  }
  if (talk.deprecate_eof) all = all.with(Capability::deprecate_eof);
  if (talk.skip_definitions) all = all.with(Capability::cache_metadata).with(Capability::optional_metadata);
  return all;
}

}  // namespace

std::vector<Talk> talks() {
  std::vector<Talk> all;
  for (const MysqlInstallation& installation : mysql_installations()) {
    all.push_back({installation.label + "_eof", installation});
    all.push_back({installation.label + "_no_eof", installation, true});
    all.push_back({installation.label + "_eof_no_definitions", installation, false, true});
    all.push_back({installation.label + "_no_eof_no_definitions", installation, true, true});
  }
  return all;
}

void MysqlWireServer::TearDownTestSuite() { servers().clear(); }

void MysqlWireServer::SetUp() {
  if (const std::string reason = GetParam().installation.reason_to_skip(); !reason.empty()) GTEST_SKIP() << reason;
}

MysqlServer& MysqlWireServer::server() {
  auto& server = servers()[GetParam().installation.label];
  if (!server) {
    const MysqlOptions options{.settings = {{"local-infile", "1"},
                                            {"skip-log-bin", "0"},
                                            {"server-id", "1"},
                                            {"binlog-checksum", "NONE"},
                                            {"max-allowed-packet", "64M"}}};
    server = std::make_unique<MysqlServer>(MysqlServer::start(GetParam().installation, options));
  }
  return *server;
}

std::unique_ptr<RawClient> MysqlWireServer::connect(bool attributes) {
  const my::Capabilities all = capabilities_of(GetParam());
  return std::make_unique<RawClient>(server().port(), attributes ? all : all.without(Capability::query_attributes));
}

void MysqlWireServer::create(RawClient& client, std::string_view kind, std::string_view name, std::string_view rest) {
  const std::string what = std::string(kind) + ' ' + std::string(name);
  client.query("drop " + std::string(kind) + " if exists " + std::string(name));
  client.query("create " + what + std::string(rest));
  EXPECT_FALSE(client.outcome().failed) << client.transcript();
}

void MysqlWireServer::end(RawClient& client, const std::string& what) {
  EXPECT_EQ(client.run(Command::ping).size(), 1U);
  client.run(Command::quit);
  const char* folder = std::getenv("LOCKKEEPER_RECORD_TO");
  if (folder == nullptr) return;
  std::ofstream file(std::filesystem::path(folder) / (what + '_' + GetParam().name + ".txt"));
  file << client.transcript();
}

std::vector<std::string> names(const std::vector<Packet>& packets) {
  std::vector<std::string> all;
  for (const Packet& packet : packets) {
    if (all.empty() || all.back() != packet.name) all.push_back(packet.name);
  }
  return all;
}

std::string number(std::uint32_t value) {
  std::string bytes(4, '\0');
  for (unsigned byte = 0; byte < 4; ++byte) bytes[byte] = static_cast<char>(value >> (byte * 8U));
  return bytes;
}

}  // namespace lockkeeper::testing::mysql
