// The session machine with what it needs around it, to be played by hand.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "track/postgres/session.hpp"
#include "wire/postgres/backend.hpp"
#include "wire/postgres/frontend.hpp"

namespace lockkeeper::track::postgres {

namespace pg = wire::postgres;

/// One client with two servers to be given. Time goes on by a second with every message.
class SessionMachine : public ::testing::Test {
 protected:
  void SetUp() override {
    model::ClientIdentity who;
    who.id = 7;
    who.user = "app";
    who_ = std::make_shared<const model::ClientIdentity>(who);
    begin(Mode::transaction);
  }
  void begin(Mode mode) {
    SessionSettings settings;
    settings.mode = mode;
    session_ = std::make_unique<Session>(settings, Shared{statements_, registry_, facts_}, who_);
  }
  /// A client whose application is known, by its login.
  void begin_as(const std::string& application) {
    model::ClientIdentity who = *who_;
    who.application = application;
    who_ = std::make_shared<const model::ClientIdentity>(std::move(who));
    begin(Mode::transaction);
    session_->parameters = {{"application_name", application}};
  }
  void link(Server& server) {
    session_->link(server, {4711, model::WallTime{std::chrono::seconds(1)}}, "127.0.0.1:1", out_, tick());
  }
  model::WallTime tick() { return now_ += std::chrono::seconds(1); }

  Step say(const std::string& message) { return session_->client(whole(message), out_, tick()); }
  Step answer(const std::string& message) { return session_->server(whole(message), out_, tick()); }
  static Message whole(const std::string& message) {
    return {message.front(), static_cast<std::uint32_t>(message.size() - pg::header_size),
            std::string_view(message).substr(pg::header_size)};
  }

  /// A named statement that nobody has, and its answers; what went out is forgotten.
  void prepare(std::string_view name, std::string_view sql) {
    say(parse(name, sql));
    say(sync());
    for (const std::string& each : {bare('3'), bare('1'), ready(idle)}) answer(each);
    out_ = {};
  }

  static std::string query(std::string_view sql) {
    std::string bytes;
    pg::append_query(bytes, sql);
    return bytes;
  }
  static std::string parse(std::string_view name, std::string_view sql) {
    std::string bytes;
    pg::append_parse(bytes, name, sql, std::string_view("\0\0", 2));
    return bytes;
  }
  static std::string bind(std::string_view statement) {
    std::string bytes;
    pg::append_bind_head(bytes, "", statement, 6);
    return bytes + std::string(6, '\0');
  }
  static std::string describe(std::string_view statement) {
    std::string bytes;
    pg::append_describe(bytes, pg::Target::statement, statement);
    return bytes;
  }
  static std::string no_parameters() {
    std::string bytes;
    pg::append_message(bytes, pg::backend::parameter_description, std::string_view("\0\0", 2));
    return bytes;
  }
  static std::string column(std::string_view name) {
    std::string bytes;
    pg::append_row_description(bytes, std::array{name});
    return bytes;
  }
  static std::string execute() {
    std::string bytes;
    pg::append_execute(bytes, "", 0);
    return bytes;
  }
  static std::string sync() {
    std::string bytes;
    pg::append_sync(bytes);
    return bytes;
  }
  static std::string ready(pg::TransactionStatus status) {
    std::string bytes;
    pg::append_ready(bytes, status);
    return bytes;
  }
  static std::string done(std::string_view tag) {
    std::string bytes;
    pg::append_command_complete(bytes, tag);
    return bytes;
  }
  static std::string error(std::string_view sqlstate, std::string_view message) {
    std::string bytes;
    pg::append_error(bytes, {.severity = "ERROR", .sqlstate = sqlstate, .message = message, .detail = {}, .hint = {}});
    return bytes;
  }
  static std::string bare(char type) {
    std::string bytes;
    pg::append_message(bytes, type, {});
    return bytes;
  }

  static constexpr auto idle = pg::TransactionStatus::idle;
  static constexpr auto open = pg::TransactionStatus::open;

  StatementCache statements_;
  PreparedRegistry registry_{0};
  Facts facts_;
  std::shared_ptr<const model::ClientIdentity> who_;
  std::unique_ptr<Session> session_;
  Server first_{10};
  Server second_{10};
  Output out_;
  model::WallTime now_{std::chrono::seconds(1'000'000)};
};

}  // namespace lockkeeper::track::postgres
