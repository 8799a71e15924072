#include "leak_gate.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <system_error>

#include "child.hpp"
#include "cli/test_marks.hpp"
#include "collectors.hpp"
#include "log.hpp"
#include "peers.hpp"
#include "private_database.hpp"
#include "proxy/config_error.hpp"
#include "proxy/config_url.hpp"
#include "proxy/proxy.hpp"
#include "rules/leak_gate.hpp"
#include "suite_environment.hpp"

namespace lockkeeper {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds between_looks{50};
/// Nobody waits for a look; one that is given up is a part of the record that is lost.
constexpr std::chrono::milliseconds look_timeout{10'000};
/// For connections that the command's end has closed, and those of what it leaves running.
constexpr std::chrono::milliseconds last_words{2'000};
/// Between SIGTERM and SIGKILL.
constexpr std::chrono::milliseconds end_patience{5'000};
constexpr int timed_out = 124;  // As timeout(1).
/// The server's own limit is the suite's, not one of ours.
constexpr std::uint32_t no_limit = 10'000;

std::optional<std::string> variable(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

std::string all_of(const proxy::ConfigErrors& errors) {
  std::string text;
  for (const proxy::ConfigError& each : errors) text += (text.empty() ? "" : "\n") + proxy::to_string(each);
  return text;
}

std::expected<proxy::Config, std::string> recorder_config(const std::string& url) {
  proxy::UrlOptions options;
  options.listen = {"127.0.0.1:0"};
  if (is_mysql_url(url)) options.console = {"127.0.0.1:0"};
  auto config = proxy::config_from_url(url, options, proxy::real_surroundings());
  if (!config) return std::unexpected(all_of(config.error()));
  config->proxy.pool_size = config->proxy.max_clients = no_limit;
  for (auto& [name, server] : config->mysql) server.pool_size = no_limit;
  return *std::move(config);
}

/// The file that reporters write to, in a folder of its own.
class MarksFile {
 public:
  MarksFile() {
    std::string name = fs::temp_directory_path() / "lockkeeper-marks-XXXXXX";
    if (::mkdtemp(name.data()) != nullptr) folder_ = name;
  }
  MarksFile(const MarksFile&) = delete;
  MarksFile& operator=(const MarksFile&) = delete;
  ~MarksFile() {
    std::error_code gone;
    if (!folder_.empty()) fs::remove_all(folder_, gone);
  }
  [[nodiscard]] bool is_usable() const { return !folder_.empty(); }
  [[nodiscard]] fs::path path() const { return folder_ / "marks"; }

 private:
  fs::path folder_;
};

/// What the recorder tells while the suite runs.
class Witness {
 public:
  Witness(const proxy::Proxy& proxy, pid_t suite) : proxy_(proxy), suite_(suite) {}

  /// What is there now; its facts have been taken.
  model::Recording look() {
    model::Recording seen = proxy_.recording(look_timeout);
    for (model::Fact& fact : seen.facts) {
      if (taken_.take(fact)) input_.facts.push_back(std::move(fact));
    }
    // The recorder forgets after a while that it has lost some; the suite may go on for longer.
    input_.facts_lost = std::max(input_.facts_lost, seen.facts_lost);
    find_processes(seen.clients);
    return seen;
  }

  /// The last look: what is open now has been left open.
  model::GateInput end(std::vector<model::TestMark> marks) {
    const model::Recording seen = look();
    for (const model::RecordedClient& client : seen.clients) {
      ++input_.still_connected;
      if (!client.transaction) continue;
      input_.facts.push_back(
          {.at = seen.taken_at,
           .what = model::TransactionOver{.client = client.who,
                                          .record = std::make_shared<model::TransactionRecord>(*client.transaction),
                                          .unit = client.unit,
                                          .end = model::TransactionEnd::abandoned,
                                          .ended_at = seen.taken_at}});
    }
    input_.marks = std::move(marks);
    return std::move(input_);
  }

 private:
  void find_processes(const std::vector<model::RecordedClient>& clients) {
    std::map<std::uint64_t, std::string_view> fresh;
    for (const model::RecordedClient& client : clients) {
      if (client.who == nullptr || input_.processes.contains(client.who->id)) continue;
      if (tried_[client.who->id]++ < most_tries) fresh.emplace(client.who->id, client.who->address);
    }
    input_.processes.merge(processes_of(fresh, suite_));
  }

  static constexpr int most_tries = 3;  // Whose process is not ours to see stays unknown.
  const proxy::Proxy& proxy_;
  const pid_t suite_;
  model::FactCursor taken_;
  std::map<std::uint64_t, int> tried_;
  model::GateInput input_;
};

SuiteDatabase database_of(const proxy::Config& config, const proxy::Proxy& proxy, const std::string& url) {
  const bool is_mysql = is_mysql_url(url);
  SuiteDatabase database;
  database.scheme = url.substr(0, url.find("://"));
  database.address = (is_mysql ? proxy.mysql_addresses() : proxy.addresses()).front();
  if (!config.own_user) return database;
  database.user = config.own_user->name;
  if (config.own_user->password) database.password = config.own_user->password->view();
  database.database = config.own_user->database;
  return database;
}

std::vector<model::TestMark> marks_in(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  auto read = cli::read_marks(file);
  if (read.unreadable > 0)
    log_line(LogLevel::warning,
             fmt::format("{} lines of the reporters' marks are none (docs/leak-gate.md)", read.unreadable));
  return std::move(read.marks);
}

class SuiteRun {
 public:
  SuiteRun(const cli::TestRequest& request, Child& child) : request_(request), child_(child) {}

  std::expected<cli::TestedSuite, cli::SuiteFailure> run(const std::vector<model::LeakKey>& known) {
    if (auto failed = prepare()) return std::unexpected(*std::move(failed));
    cli::TestedSuite suite;
    const auto started = child_.start(command());
    if (!started) {
      const char* why = started.error() == Child::not_found ? "there is no such program" : "it could not be run";
      return std::unexpected(cli::SuiteFailure{started.error(), fmt::format("{}: {}", request_.command.front(), why)});
    }
    Witness witness(*proxy_, child_.pid());
    suite.status = wait_for_end(witness);
    witness.look();
    static_cast<void>(proxy_->drain(last_words, [] { return false; }));
    suite.report = rules::judge_tests(witness.end(marks_in(marks_.path())), known);
    return suite;
  }

 private:
  static cli::SuiteFailure not_observed(std::string why) { return {cli::Status::not_observed, std::move(why)}; }

  int wait_for_end(Witness& witness) {
    const auto started = std::chrono::steady_clock::now();
    for (;;) {
      if (const auto status = child_.wait(between_looks)) return *status;
      witness.look();
      if (!request_.timeout || std::chrono::steady_clock::now() - started < *request_.timeout) continue;
      log_line(LogLevel::warning, "the command goes on for longer than --timeout, and is ended");
      child_.end(end_patience);
      return timed_out;
    }
  }

  // What went wrong.
  std::optional<cli::SuiteFailure> prepare() {
    if (!marks_.is_usable())
      return not_observed(fmt::format("no folder can be made in {}", fs::temp_directory_path().string()));
    std::string url = request_.url;
    if (url.empty()) {
      auto made = PrivateDatabase::start(request_.private_server);
      if (!made) return not_observed(made.error());
      private_ = *std::move(made);
      url = private_->url();
    }
    auto config = recorder_config(url);
    if (!config) return cli::SuiteFailure{cli::Status::usage, config.error()};
    auto started = proxy::Proxy::start(*config, [](proxy::LogLevel level, std::string_view text) {
      if (level != proxy::LogLevel::info) log_line(level, text);
    });
    if (!started) return not_observed(started.error());
    proxy_ = *std::move(started);
    database_ = database_of(*config, *proxy_, url);
    return std::nullopt;
  }

  [[nodiscard]] Child::Command command() const {
    auto environment = suite_environment(database_, variable);
    environment["LOCKKEEPER_MARKS"] = marks_.path();
    return {request_.command, std::move(environment), request_.json};
  }

  const cli::TestRequest& request_;
  Child& child_;
  MarksFile marks_;
  std::unique_ptr<PrivateDatabase> private_;
  std::unique_ptr<proxy::Proxy> proxy_;
  SuiteDatabase database_;
};

}  // namespace

std::expected<cli::TestedSuite, cli::SuiteFailure> run_suite(const cli::TestRequest& request,
                                                             const std::vector<model::LeakKey>& known) {
  Child child;  // Before any thread.
  return SuiteRun(request, child).run(known);
}

}  // namespace lockkeeper
