#include "cli/scene.hpp"

#include <map>
#include <stdexcept>

namespace lockkeeper::testing {

PostgresServer& shared_server(int major) {
  static std::map<int, PostgresServer> servers;
  auto found = servers.find(major);
  if (found == servers.end()) {
    found = servers.emplace(major, PostgresServer::start({.version = find_postgres(major)})).first;
    Session session(found->second.url());
    session.exec("CREATE ROLE app LOGIN");
    session.exec("CREATE TABLE orders (id int PRIMARY KEY, state text); GRANT ALL ON orders TO app");
    session.exec("INSERT INTO orders SELECT g, 'new' FROM generate_series(1, 50) AS g");
  }
  return found->second;
}

Scene::Scene(PostgresServer& server) : server_(server), observer_(server.url(), "observer") {}

Scene::~Scene() {
  sessions_.clear();
  const std::string others = " FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
  try {
    // One that sleeps does not see that its client has gone.
    observer_.exec("SELECT pg_terminate_backend(pid)" + others);
    wait_until([&] { return observer_.exec("SELECT 1" + others).empty(); }, default_patience,
               "the sessions of the scene to be gone");
  } catch (const std::exception&) {
    // The next test will say so: a destructor must not throw.
  }
}

Session& Scene::session(const std::string& application, const std::string& user) {
  return sessions_.emplace_back(server_.url("postgres", user), application);
}

Session& Scene::leak(int id, const std::string& application, const std::string& user) {
  Session& session = this->session(application, user);
  session.exec("BEGIN");
  session.exec("UPDATE orders SET state = 'top-secret' WHERE id = " + std::to_string(id));
  wait_until_state(observer_, session.pid(), "idle in transaction");
  return session;
}

Session& Scene::waiter(int id) {
  Session& session = this->session("waiter");
  session.send("UPDATE orders SET state = 'paid' WHERE id = " + std::to_string(id));
  wait_until_waiting(observer_, session.pid());
  return session;
}

bool Scene::exists(const Session& session) {
  return !observer_.exec("SELECT 1 FROM pg_stat_activity WHERE pid = " + std::to_string(session.pid())).empty();
}

std::string Scene::id_of(const Session& session) {
  return std::to_string(session.pid()) + "@" +
         observer_.value(
             "SELECT to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') "
             "FROM pg_stat_activity WHERE pid = " +
             std::to_string(session.pid()));
}

boost::json::object parse_line(const std::string& line) {
  if (line.find('\n') + 1 != line.size()) throw std::runtime_error("not one line: " + line);
  return boost::json::parse(line).as_object();
}

boost::json::object finding_of(const boost::json::object& report, const std::string& rule) {
  for (const auto& finding : report.at("findings").as_array()) {
    if (finding.at("rule").as_string() == rule) return finding.as_object();
  }
  throw std::runtime_error("no finding of " + rule + " in " + boost::json::serialize(report));
}

boost::json::object look_closely(const std::string& url) {
  return parse_line(lockkeeper(std::vector<std::string>{"doctor", url, "--json"} + no_limits).out);
}

std::string find_id(const std::string& url, const std::string& rule) {
  return string_of(finding_of(look_closely(url), rule).at("id"));
}

std::vector<std::string> operator+(std::vector<std::string> left, const std::vector<std::string>& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

}  // namespace lockkeeper::testing
