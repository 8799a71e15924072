#include "collect/made_rows.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace lockkeeper::collect::postgres {

Cells facts_cells() {
  return {"2026-11-22 12:00:00.5+00",
          "2026-11-01 00:00:00+00",
          "f",
          "100",
          "3",
          "2",
          "200000000",
          "1024",
          "postgres",
          "{10,16384}"};
}

Cells activity_cells() {
  return {"4711",
          "2026-11-22 11:00:00.000001+00",
          std::nullopt,
          "client backend",
          "shop",
          "16385",
          "app",
          "post-publisher",
          "127.0.0.1",
          "50000",
          "2026-11-22 11:30:00+00",
          "2026-11-22 11:31:00+00",
          "2026-11-22 11:32:00+00",
          "idle in transaction",
          "Client",
          "ClientRead",
          "12",
          "34",
          "-99",
          "UPDATE orders SET paid = true WHERE id = 7"};
}

Cells held_cells() {
  return {"relation",    "5",          "16400",      std::nullopt,       std::nullopt, std::nullopt, std::nullopt,
          std::nullopt,  std::nullopt, std::nullopt, "RowExclusiveLock", std::nullopt, std::nullopt, "1",
          "{4711,4712}", "{-1/77}",    std::nullopt, "shop.orders",      "shop"};
}

Cells waiting_cells() {
  return {"transactionid",
          std::nullopt,
          std::nullopt,
          std::nullopt,
          std::nullopt,
          std::nullopt,
          "771",
          std::nullopt,
          std::nullopt,
          std::nullopt,
          "ShareLock",
          "4713",
          "2026-11-22 11:59:00+00",
          "1",
          "{4713}",
          std::nullopt,
          "{4711,0}",
          std::nullopt,
          std::nullopt};
}

Cells prepared_cells() { return {"77", "5", "order 7", "2026-11-22 10:00:00+00", "app", "shop"}; }

Cells slot_cells() { return {"standby_1", "f", "1000"}; }

Answers sound_answers() {
  return {{facts_cells()}, {activity_cells()}, {held_cells(), waiting_cells()}, {prepared_cells()}, {slot_cells()}};
}

Rows rows_of(std::size_t columns, const std::vector<Cells>& table) {
  Rows rows;
  rows.set_columns(std::vector<std::string>(columns, "column"));
  for (const auto& row : table) {
    for (const auto& cell : row) rows.append(cell ? std::optional<std::string_view>(*cell) : std::nullopt);
  }
  return rows;
}

std::vector<Rows> to_rows(const Answers& answers) {
  const Answers sound = sound_answers();
  std::vector<Rows> result;
  for (std::size_t answer = 0; answer < answers.size(); ++answer) {
    result.push_back(rows_of(sound.at(std::min(answer, sound.size() - 1)).front().size(), answers[answer]));
  }
  return result;
}

LookRows quiet_server() {
  LookRows rows;
  rows.facts.now = noon;
  rows.facts.started_at = noon - std::chrono::days(1);
  rows.facts.max_connections = 100;
  rows.facts.superuser_reserved = 3;
  rows.facts.freeze_max_age = 200'000'000;
  rows.facts.query_size = 1024;
  rows.facts.role = "postgres";
  rows.facts.superuser_oids = {10};
  return rows;
}

ActivityRow client(std::int64_t pid, std::string state) {
  ActivityRow row;
  row.pid = pid;
  row.backend_start = noon - std::chrono::hours(1);
  row.backend_type = "client backend";
  row.database = "shop";
  row.user_oid = 16385;
  row.user = "app";
  row.application = "post-publisher";
  row.client_address = "10.0.0.7";
  row.client_port = 50000 + pid;
  row.state_change = noon - std::chrono::seconds(3);
  row.query_start = noon - std::chrono::seconds(5);
  row.state = std::move(state);
  return row;
}

ActivityRow hidden_client(std::int64_t pid) {
  ActivityRow row;
  row.pid = pid;
  row.database = "shop";
  row.user_oid = 16386;
  row.user = "somebody_else";
  row.application = "their-service";
  row.query = "<insufficient privilege>";
  return row;
}

ActivityRow worker(std::int64_t pid, std::int64_t leader) {
  ActivityRow row = client(pid, "active");
  row.backend_type = "parallel worker";
  row.leader_pid = leader;
  return row;
}

LockRow relation_lock(std::string name, std::string mode) {
  return {"relation", "relation:" + name, name, std::move(mode), std::nullopt};
}

LockRow transaction_lock(std::int64_t xid, std::string mode) {
  const std::string number = std::to_string(xid);
  return {"transactionid", "transactionid:" + number, "transaction " + number, std::move(mode), xid};
}

model::SessionId id_of(std::int64_t pid) { return {pid, noon - std::chrono::hours(1)}; }

model::Snapshot model_of(const LookRows& rows) { return to_model(rows, {"15.20", "127.0.0.1:5432", "shop"}); }

model::Session session_in(const model::Snapshot& snapshot, std::int64_t pid) {
  for (const auto& session : snapshot.sessions) {
    if (session.id.pid == pid) return session;
  }
  ADD_FAILURE() << "no session " << pid;
  return {};
}

}  // namespace lockkeeper::collect::postgres
