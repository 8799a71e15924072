#include "demo/schema.hpp"

#include <fmt/format.h>

#include <initializer_list>

#include "demo/address.hpp"
#include "demo/waiting.hpp"

namespace lockkeeper::demo {
namespace {

constexpr std::chrono::seconds statement_time{30};

void run(Driver& driver, const std::string& url, const std::vector<std::string>& statements) {
  Target target;
  target.url = url;
  target.application_name = "lockkeeper-demo";
  const auto connection = driver.connect(target, in(statement_time));
  for (const std::string& sql : statements) connection->execute(sql, in(statement_time));
}

std::vector<std::string> user_and_database(Engine engine, const Address& shop) {
  if (engine == Engine::postgres)
    return {fmt::format("CREATE ROLE {} LOGIN PASSWORD '{}'", shop.user, shop.password),
            fmt::format("CREATE DATABASE {} OWNER {}", shop.database, shop.user)};
  return {fmt::format("CREATE USER '{}'@'%' IDENTIFIED BY '{}'", shop.user, shop.password),
          fmt::format("CREATE DATABASE {}", shop.database),
          fmt::format("GRANT ALL ON {}.* TO '{}'@'%'", shop.database, shop.user)};
}

std::vector<std::string> tables() {
  std::vector<std::string> statements{"CREATE TABLE product (id integer PRIMARY KEY, name varchar(50), price integer)",
                                      "CREATE TABLE post (id integer PRIMARY KEY, state varchar(20))",
                                      "CREATE TABLE follower (id integer PRIMARY KEY, name varchar(50))",
                                      "CREATE TABLE ticket (customer varchar(50))",
                                      "CREATE TABLE ticket_number (id integer PRIMARY KEY, last integer)",
                                      "CREATE TABLE refund (id integer PRIMARY KEY, amount integer, paid integer)",
                                      "CREATE TABLE refund_history (refund integer)",
                                      "CREATE TABLE account (id integer, name varchar(50))",
                                      "CREATE TABLE profile (account integer)",
                                      "CREATE TABLE visit (id integer PRIMARY KEY, pages integer)",
                                      "INSERT INTO post (id, state) VALUES (1, 'draft')",
                                      "INSERT INTO ticket_number (id, last) VALUES (1, 0)",
                                      "INSERT INTO visit (id, pages) VALUES (1, 0)"};
  for (int id = 1; id <= 10; ++id) {
    statements.push_back(fmt::format("INSERT INTO product (id, name, price) VALUES ({0}, 'product {0}', {0})", id));
    statements.push_back(fmt::format("INSERT INTO follower (id, name) VALUES ({0}, 'follower {0}')", id));
    statements.push_back(fmt::format("INSERT INTO refund (id, amount, paid) VALUES ({0}, {0}, 0)", id));
    statements.push_back(fmt::format("INSERT INTO account (id, name) VALUES ({0}, 'account {0}')", id));
  }
  return statements;
}

}  // namespace

std::string open_shop(Driver& driver, const std::string& url) {
  Address shop = address_of(url);
  shop.user = shop.database = "shop";  // The password is nobody else's either.
  const Engine engine = shop.scheme.starts_with("postgres") ? Engine::postgres : Engine::mariadb;
  run(driver, url, user_and_database(engine, shop));
  run(driver, shop.url(), tables());
  return shop.url();
}

}  // namespace lockkeeper::demo
