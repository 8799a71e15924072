#include "daemon/running_daemon.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>

#include "support/plain_socket.hpp"

namespace lockkeeper::testing {
namespace {

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Behind the last time that the word was said: a daemon that is started again appends to the same log.
std::string after_last(const std::string& text, std::string_view word) {
  const std::size_t at = text.rfind(word);
  return at == std::string::npos ? "" : text.substr(at + word.size());
}

}  // namespace

void RunningDaemon::configure(const std::string& text) {
  write_file(file("lockkeeper.toml"), text +
                                          "\n[http]\nlisten = [\"127.0.0.1:0\"]\nactions = true\n[history]\nfile = \"" +
                                          file("history.sqlite").string() + "\"\n");
  std::filesystem::permissions(file("lockkeeper.toml"), std::filesystem::perms::owner_read);
}

void RunningDaemon::start(const std::vector<std::string>& environment) {
  std::filesystem::remove(file("log"));
  std::vector<std::string> command{"/usr/bin/env"};
  command.insert(command.end(), environment.begin(), environment.end());
  for (const std::string& word :
       {std::string(LOCKKEEPER_PROGRAM), std::string("run"), std::string("--config"), file("lockkeeper.toml").string(),
        std::string("--audit"), file("audit.jsonl").string(), std::string("--min-idle"), std::string("1s")})
    command.push_back(word);
  process_ = std::make_unique<SupervisedProcess>(command, file("log"), std::nullopt);
  until([&] { return log().contains("dashboard at ") || process_->has_ended(); }, "HTTP to be served");
  const std::string address = after_last(log(), "dashboard at http://127.0.0.1:");
  if (address.empty()) throw std::runtime_error("the daemon has ended: " + log());
  port_ = static_cast<std::uint16_t>(std::stoi(address));
}

void RunningDaemon::stop() {
  process_->signal(SIGTERM);
  until([&] { return process_->has_ended(); }, "the daemon to end");
  process_.reset();
}

std::string RunningDaemon::log() const { return text_of(file("log")); }

std::string RunningDaemon::recorder_url(const std::string& user, const std::string& application) const {
  const std::string log = this->log();
  const std::string_view word = "listening on 127.0.0.1:";
  const std::size_t at = log.find(word);
  if (at == std::string::npos) throw std::runtime_error("it does not listen: " + log);
  return "postgresql://" + user + "@127.0.0.1:" + std::to_string(std::stoi(log.substr(at + word.size()))) +
         "/postgres?application_name=" + application;
}

test::Answer RunningDaemon::ask(const test::Asked& asked) const {
  PlainSocket socket(port_);
  socket.send(test::request_text(asked));
  return test::parse_answer(socket.read_to_end());
}

bool RunningDaemon::finds(const std::string& server, std::string_view rule) const {
  const auto diagnosis = json("/api/v1/servers/" + server + "/diagnosis");
  for (const auto& finding : diagnosis.at("findings").as_array()) {
    if (finding.at("rule").as_string() == rule) return true;
  }
  return false;
}

std::vector<boost::json::object> RunningDaemon::audit() const {
  std::vector<boost::json::object> lines;
  std::ifstream file(this->file("audit.jsonl"));
  for (std::string line; std::getline(file, line);) lines.push_back(boost::json::parse(line).as_object());
  return lines;
}

void RunningDaemon::until(const std::function<bool()>& holds, std::string_view what) const {
  if (!becomes_true(holds, default_patience))
    throw std::runtime_error("waited in vain for " + std::string(what) + ". The log:\n" + log());
}

}  // namespace lockkeeper::testing
