// A conversation played by hand: one client and its server connection. Time goes on by a second with each side's turn.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "track/mysql/listener.hpp"

namespace lockkeeper::testing::mysql {

namespace my = wire::mysql;

/// Status flags, as a server combines them.
namespace flag {
inline constexpr std::uint16_t open = 0x0001;
inline constexpr std::uint16_t automatic = 0x0002;
inline constexpr std::uint16_t more = 0x0008;
inline constexpr std::uint16_t cursor = 0x0040;
inline constexpr std::uint16_t last_row = 0x0080;
}  // namespace flag

class Script : public ::testing::Test {
 protected:
  using Step = track::mysql::Step;

  static constexpr std::uint16_t idle = flag::automatic;
  static constexpr std::uint16_t open = flag::automatic | flag::open;
  static constexpr std::uint16_t manual = 0;  ///< Autocommit off, and nothing open.

  void SetUp() override { begin(); }
  void begin(std::uint16_t status = idle, my::Capabilities capabilities = {},
             track::mysql::SessionSettings settings = {}) {
    capabilities_ = capabilities;
    model::ClientIdentity who;
    who.id = 7;
    who.user = "app";
    who.database = "shop";
    session_ = std::make_unique<track::mysql::Session>(
        settings, track::mysql::Shared{statements_, facts_}, std::make_shared<const model::ClientIdentity>(who),
        track::mysql::Connected{capabilities, my::Status{status}, {4711, model::WallTime{}}, "127.0.0.1:1", tick()});
    listener_ = std::make_unique<Listener>(*session_);
  }
  model::WallTime tick() { return now_ += std::chrono::seconds(1); }

  Step say(const std::string& bytes) { return last(listener_->client(bytes, tick())); }
  Step answer(const std::string& bytes) { return last(listener_->server(bytes, tick())); }
  static Step last(const std::vector<Step>& steps) { return steps.empty() ? Step{} : steps.back(); }

  // --- What they say ---

  static std::string command(my::Command command, std::string_view arguments = {}) {
    std::string bytes;
    my::append_command(bytes, command, arguments);
    return bytes;
  }
  [[nodiscard]] std::string query(std::string_view sql) const {
    std::string bytes;
    my::append_query(bytes, sql, capabilities_);
    return bytes;
  }
  static std::string prepare(std::string_view sql) { return command(my::Command::prepare, sql); }
  static std::string number(std::uint32_t value) {
    std::string bytes(4, '\0');
    for (unsigned byte = 0; byte < 4; ++byte) bytes[byte] = static_cast<char>(value >> (byte * 8U));
    return bytes;
  }
  static std::string execute(std::uint32_t statement, std::string_view parameters = {}, char flags = 0) {
    return command(my::Command::execute, number(statement) + flags + number(1) + std::string(parameters));
  }

  static std::string ok(std::uint16_t status, std::uint64_t affected = 0) {
    std::string bytes;
    my::append_ok(bytes, 1, {.affected_rows = affected, .status = {status}});
    return bytes;
  }
  static std::string error(std::uint16_t code, std::string_view sqlstate = "HY000") {
    std::string bytes;
    my::append_error(bytes, 1, {code, sqlstate, "No"});
    return bytes;
  }
  static std::string eof(std::uint16_t status) {
    std::string bytes;
    my::append_eof(bytes, 3, {0, {status}});
    return bytes;
  }
  static std::string packet(std::string_view body) {
    std::string bytes;
    my::append_message(bytes, 1, body);
    return bytes;
  }
  /// One column, and so many rows of 2 bytes.
  static std::string rows(int count, std::uint16_t status) {
    std::string bytes = packet("\1") + packet("\3def") + eof(status);
    for (int row = 0; row < count; ++row) bytes += packet("\1x");
    return bytes + eof(status);
  }
  [[nodiscard]] std::string prepared(std::uint32_t statement, std::uint16_t parameters = 0,
                                     std::uint16_t status = idle) const {
    std::string bytes;
    my::append_prepared(bytes, 1, {.statement = statement, .parameters = parameters}, capabilities_);
    for (std::uint16_t each = 0; each < parameters; ++each) bytes += packet("\3def");
    if (parameters > 0 && !capabilities_.has(my::Capability::deprecate_eof)) bytes += eof(status);
    return bytes;
  }

  Step run(std::string_view sql, const std::string& reply) {
    say(query(sql));
    return answer(reply);
  }

  // --- What was seen ---

  [[nodiscard]] std::vector<const model::TransactionOver*> over() const {
    std::vector<const model::TransactionOver*> all;
    for (const model::Fact& fact : facts_) {
      if (const auto* each = std::get_if<model::TransactionOver>(&fact.what)) all.push_back(each);
    }
    return all;
  }
  [[nodiscard]] std::vector<model::TransactionEnd> ends() const {
    std::vector<model::TransactionEnd> all;
    for (const auto* each : over()) all.push_back(each->end);
    return all;
  }
  [[nodiscard]] std::vector<const model::ClientOddity*> oddities() const {
    std::vector<const model::ClientOddity*> all;
    for (const model::Fact& fact : facts_) {
      if (const auto* each = std::get_if<model::ClientOddity>(&fact.what)) all.push_back(each);
    }
    return all;
  }
  static std::vector<std::string> texts(const model::TransactionRecord& record) {
    std::vector<std::string> all;
    for (const model::FoldedRun& fold : record.first()) all.push_back(fold.first.statement->text);
    return all;
  }
  [[nodiscard]] std::vector<std::string> texts_of(std::size_t transaction) const {
    return transaction < over().size() ? texts(*over()[transaction]->record) : std::vector<std::string>();
  }
  [[nodiscard]] const model::TransactionRecord& current() const {
    static const model::TransactionRecord nothing{{}};
    recorded_ = session_->recorded(now_);
    return recorded_.transaction ? *recorded_.transaction : nothing;
  }

  track::mysql::StatementCache statements_;
  track::Facts facts_;
  my::Capabilities capabilities_;
  std::unique_ptr<track::mysql::Session> session_;
  std::unique_ptr<Listener> listener_;
  model::WallTime now_{std::chrono::seconds(1'000'000)};
  mutable model::RecordedClient recorded_;
};

}  // namespace lockkeeper::testing::mysql
