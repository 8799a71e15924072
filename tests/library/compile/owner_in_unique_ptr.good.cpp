#include <lockkeeper/database.hpp>

// What outlives a function keeps the database, and begins when it has something to do.
struct Importer {
  lockkeeper::Database& db;
  void run() {
    db.transact([](auto& tx) { tx.execute("DELETE FROM todo"); });
  }
};

void import(lockkeeper::Database& db) { Importer{db}.run(); }
