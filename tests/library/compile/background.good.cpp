#include <cstdint>
#include <lockkeeper/background.hpp>
#include <memory>
#include <string>
#include <vector>

struct Mail {
  std::string to;
  std::vector<std::int64_t> posts;
};

void publish(lockkeeper::Database& db, lockkeeper::Background& work, const Mail& mail) {
  work.run([](lockkeeper::Database&) {});
  work.run(
      [](lockkeeper::Database& own, const Mail& what, std::unique_ptr<int> attempts) {
        own.transact([&](auto& tx) { tx.execute("INSERT INTO mail VALUES ($1, $2)", what.to, *attempts); });
      },
      mail, std::make_unique<int>(3));
  db.transact([&](auto& tx) {
    work.run_after_commit(
        tx, [](lockkeeper::Database& own, std::string to) { own.transact([&](auto& its) { its.execute(to); }); },
        mail.to);
  });
}
