#include <gtest/gtest.h>

#include <iterator>
#include <map>

#include "client/driver_contract.hpp"

namespace lockkeeper::testing {

std::vector<DriverCase> driver_cases() {
  std::vector<DriverCase> cases;
  for (const auto cases_of_a_database : {
           mysql_cases,
           postgres_cases,
           sqlite_cases,
       }) {
    std::ranges::move(cases_of_a_database(), std::back_inserter(cases));
  }
  return cases;
}

Error error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Failure& failure) {
    return failure.error();
  }
  ADD_FAILURE() << "nothing failed";
  return {};
}

DriverUnderTest& DriverContract::tested() {
  static std::map<std::string, DriverUnderTest> started;
  const auto found = started.find(GetParam().label);
  return found != started.end() ? found->second : started.emplace(GetParam().label, GetParam().start()).first->second;
}

std::unique_ptr<Connection> DriverContract::connect() {
  return tested().driver->connect(target_of(tested().url), soon());
}

std::unique_ptr<Connection> DriverContract::connect_keeping(std::size_t prepared_statements) {
  Target target = target_of(tested().url);
  target.prepared_statements = prepared_statements;
  return tested().driver->connect(target, soon());
}

std::unique_ptr<Connection> DriverContract::survivor_of(const std::function<void(Connection&)>& play) {
  return survivor(tested().slow_to_cancel, [] { return connect(); }, play);
}

std::string DriverContract::single(Connection& connection, const std::string& sql) {
  return std::string(connection.execute(sql, soon()).cell(0, 0).value_or("NULL"));
}

void DriverContract::make_table(Connection& connection, const std::string& name) {
  connection.execute("DROP TABLE IF EXISTS " + name, soon());
  connection.execute("CREATE TABLE " + name + " (id integer PRIMARY KEY, word varchar(20))", soon());
}

void DriverContract::make_two_rows(Connection& connection, const std::string& name) {
  make_table(connection, name);
  connection.execute("INSERT INTO " + name + " VALUES (1, 'old'), (2, 'old')", soon());
}

}  // namespace lockkeeper::testing
