// The transaction tests' fixture: one table, one Database, on every database that the program has.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <source_location>
#include <string>
#include <thread>
#include <utility>

#include <lockkeeper/database.hpp>

#include "library/data_engine.hpp"

namespace lockkeeper::testing {

class OnTransactions : public OnEngine {
 protected:
  void SetUp() override {
    OnEngine::SetUp();
    if (IsSkipped()) return;
    make_table("entry", "id integer PRIMARY KEY, note varchar(100)");
    db_.reset(new Database(database(4)));
  }

  [[nodiscard]] Database& db() { return *db_; }
  [[nodiscard]] PoolMetrics metrics() { return db().pool().metrics(); }
  [[nodiscard]] std::size_t in_use() { return metrics().in_use; }

  static void insert(TransactionRef tx, int id, const std::string& note = "written") {
    tx.execute(sql("INSERT INTO entry (id, note) VALUES ($1, $2)"), id, note);
  }

  /// Committed, with ids from 1.
  static void insert_rows(int count) {
    Session session = connect();
    for (int id = 1; id <= count; ++id) {
      session.execute(sql("INSERT INTO entry (id, note) VALUES ($1, $2)"), id, "note " + std::to_string(id));
    }
  }

  /// What everybody else sees.
  [[nodiscard]] static int committed_rows() {
    Session session = connect();
    return session.value<int>("SELECT count(*) FROM entry");
  }
  [[nodiscard]] static int rows_in(TransactionRef tx) { return tx.value<int>("SELECT count(*) FROM entry"); }

  /// Runs it on another thread, to its end.
  template <class Function>
  static void elsewhere(Function function) {
    std::thread(std::move(function)).join();
  }

  std::unique_ptr<Database> db_;
};

/// The file and line of the caller, as messages tell it.
[[nodiscard]] inline std::string here(int lines_on = 0, std::source_location where = std::source_location::current()) {
  const std::string file = where.file_name();
  return file.substr(file.rfind('/') + 1) + ":" + std::to_string(static_cast<int>(where.line()) + lines_on);
}

}  // namespace lockkeeper::testing
