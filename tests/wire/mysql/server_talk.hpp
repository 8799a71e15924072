// A real server, and how a client talks with it: what the tests against MariaDB and MySQL have in common.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "support/servers.hpp"
#include "wire/mysql/raw_client.hpp"

namespace lockkeeper::testing::mysql {

struct Talk {
  std::string name;
  MysqlInstallation installation;
  bool deprecate_eof = false;
  bool skip_definitions = false;  ///< Of columns, by MariaDB's capability or MySQL's.
};
inline void PrintTo(const Talk& talk, std::ostream* out) { *out << talk.name; }
/// Every installation in every way.
[[nodiscard]] std::vector<Talk> talks();
inline std::string name_of_talk(const ::testing::TestParamInfo<Talk>& tested) { return tested.param.name; }

class MysqlWireServer : public ::testing::TestWithParam<Talk> {
 protected:
  static void TearDownTestSuite();
  void SetUp() override;

  static bool is_mysql() { return GetParam().installation.engine == Engine::mysql; }
  static MysqlServer& server();
  /// `attributes`: of queries, where the server knows them; the parameters of statements look different then.
  static std::unique_ptr<RawClient> connect(bool attributes = true);

  /// As the only one of its name: "create table" and then `rest`.
  static void create(RawClient& client, std::string_view kind, std::string_view name, std::string_view rest);

  /// Says goodbye; keeps what was said where LOCKKEEPER_RECORD_TO names a folder.
  static void end(RawClient& client, const std::string& what);
};

/// Names of packets, one for several alike in a row.
[[nodiscard]] std::vector<std::string> names(const std::vector<Packet>& packets);

/// As the arguments of a command have it.
[[nodiscard]] std::string number(std::uint32_t value);

}  // namespace lockkeeper::testing::mysql
