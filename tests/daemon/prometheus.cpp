#include "daemon/prometheus.hpp"

#include <unistd.h>

#include <fmt/format.h>

#include <boost/json.hpp>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "http/serving.hpp"
#include "support/plain_socket.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

fs::path programs() { return fs::path(LOCKKEEPER_SOURCE_DIR) / "build/servers/prometheus"; }

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string percent_encoded(const std::string& text) {
  std::string encoded;
  for (const char each : text) encoded += fmt::format("%{:02X}", static_cast<unsigned char>(each));
  return encoded;
}

}  // namespace

std::string Prometheus::reason_to_skip() {
  if (::access((programs() / "prometheus").c_str(), X_OK) == 0) return "";
  const std::string reason = text_of(programs().string() + ".unavailable");
  return "this machine has no Prometheus: " +
         (reason.empty() ? "nothing in " + programs().string() + "; scripts/setup puts it there" : reason);
}

std::string Prometheus::complaints(const std::string& metrics) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "metrics";
  write_file(file, metrics);
  const auto result = run_command(
      {"/bin/sh", "-c", R"("$1" check metrics <"$2")", "sh", (programs() / "promtool").string(), file.string()},
      std::nullopt, default_patience);
  if (result.status != 0 && result.output.empty()) return fmt::format("promtool ended with {}", result.status);
  return result.output;
}

Prometheus::Prometheus(std::uint16_t port) {
  const fs::path configuration = folder_.path() / "prometheus.yml";
  write_file(configuration, fmt::format("global: {{scrape_interval: 1s, scrape_timeout: 1s}}\n"
                                        "scrape_configs:\n"
                                        "  - job_name: lockkeeper\n"
                                        "    static_configs: [{{targets: ['127.0.0.1:{}']}}]\n",
                                        port));
  process_ = std::make_unique<SupervisedProcess>(
      std::vector<std::string>{(programs() / "prometheus").string(), "--config.file=" + configuration.string(),
                               "--storage.tsdb.path=" + (folder_.path() / "data").string(),
                               "--web.listen-address=127.0.0.1:0"},
      folder_.path() / "log", std::nullopt);
  constexpr std::string_view word = "\"Listening on\" address=127.0.0.1:";
  const bool listens = becomes_true([&] { return log().contains(word) || process_->has_ended(); }, default_patience);
  const std::string said = log();
  const auto at = said.find(word);
  if (!listens || at == std::string::npos) throw std::runtime_error("Prometheus does not start: " + said);
  port_ = static_cast<std::uint16_t>(std::stoi(said.substr(at + word.size())));
}

std::optional<double> Prometheus::value(const std::string& expression) const {
  PlainSocket socket(port_);
  socket.send(test::request_text(test::get("/api/v1/query?query=" + percent_encoded(expression))));
  const auto answer = test::parse_answer(socket.read_to_end());
  last_ = answer.body;
  if (answer.status != 200) return std::nullopt;  // it is not ready yet
  const json::value body = answer.json();
  const auto& result = body.at("data").at("result").as_array();
  if (result.size() != 1) return std::nullopt;
  return std::stod(std::string(result.front().at("value").at(1).as_string()));
}

::testing::AssertionResult Prometheus::becomes(const std::string& expression, double wanted) const {
  if (becomes_true([&] { return value(expression) == wanted; }, default_patience)) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << expression << " never was " << wanted << "; last: " << last_;
}

std::string Prometheus::log() const { return text_of(folder_.path() / "log"); }

}  // namespace lockkeeper::testing
