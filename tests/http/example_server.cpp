// A server to build the dashboard against: a shop whose checkouts leak, minute by minute, and that is mended by a kill.
//   example_server PORT [FOLDER OF THE BUILT PAGE]
#include <csignal>
#include <cstdio>
#include <ctime>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <string>

#include "http/made_views.hpp"
#include "http/server.hpp"

namespace {

using namespace lockkeeper;

/// Leaks one checkout every other second, up to ninety; shared by the publishing thread and whoever kills.
class LeakingShop {
 public:
  test::Shop next(model::WallTime now) {
    const std::scoped_lock guard(mutex_);
    ++shop_.looks;
    shop_.leaked = shop_.leaked >= 90 ? 0 : shop_.leaked + shop_.looks % 2;
    shop_.now = now;
    return shop_;
  }

  model::ActionReport act(const diagnose::ActionRequest& request) {
    const std::scoped_lock guard(mutex_);
    auto report = test::kill_report(shop_, request);
    if (request.dry_run || report.failure) return report;
    if (request.finding && request.finding->value().starts_with("idle")) shop_.leaked = 0;
    if (!request.finding || request.finding->value().starts_with("root")) shop_.blocked = false;
    return report;
  }

 private:
  std::mutex mutex_;
  test::Shop shop_{.leaked = 0, .looks = 0};
};

/// The files of a folder as if they had been built in. Kept until the end of the program.
class Folder {
 public:
  explicit Folder(const std::filesystem::path& root) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
      if (entry.is_regular_file()) add(root, entry.path());
    }
  }

  std::span<const http::StaticFile> files() const { return files_; }

 private:
  std::string_view keep(std::string text) { return kept_.emplace_back(std::move(text)); }

  void add(const std::filesystem::path& root, const std::filesystem::path& path) {
    static const std::map<std::string, const char*> types{{".html", "text/html; charset=utf-8"},
                                                          {".js", "text/javascript; charset=utf-8"},
                                                          {".css", "text/css; charset=utf-8"},
                                                          {".svg", "image/svg+xml"},
                                                          {".png", "image/png"},
                                                          {".json", "application/json"},
                                                          {".woff2", "font/woff2"}};
    std::ifstream in(path, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(in), {}};
    const auto type = types.find(path.extension().string());
    const std::string etag = "\"" + std::to_string(std::hash<std::string>{}(bytes)) + "\"";
    files_.push_back({keep("/" + path.lexically_relative(root).generic_string()),
                      type == types.end() ? "application/octet-stream" : type->second, keep(std::move(bytes)),
                      keep(etag)});
  }

  std::deque<std::string> kept_;
  std::vector<http::StaticFile> files_;
};

model::WallTime now() { return std::chrono::floor<model::Duration>(std::chrono::system_clock::now()); }

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: example_server PORT [FOLDER OF THE BUILT PAGE]\n", stderr);
    return 2;
  }
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  diagnose::Board board;
  LeakingShop shop;
  const auto folder = argc > 2 ? std::optional<Folder>(argv[2]) : std::nullopt;
  http::HttpSettings settings;
  settings.listen = {std::string("127.0.0.1:") + argv[1]};
  settings.actions = true;
  http::Sources sources;
  sources.board = &board;
  sources.clock = now;
  sources.act = [&](const std::string&, const diagnose::ActionRequest& request) { return shop.act(request); };
  sources.version = "0.0.0-example";
  if (folder) sources.files = folder->files();
  board.expect("main", "postgresql://monitor@127.0.0.1:5432/shop");
  board.expect("replica", "postgresql://monitor@127.0.0.1:5433/shop");
  const auto server = http::Server::start(settings, sources);
  if (!server) {
    std::fprintf(stderr, "example_server: %s\n", server.error().c_str());
    return 3;
  }
  std::printf("http://%s\n", (*server)->addresses().front().c_str());
  std::fflush(stdout);
  const timespec second{1, 0};
  while (sigtimedwait(&ends, nullptr, &second) < 0) board.publish(test::view_of(shop.next(now())));
  (*server)->stop(std::chrono::steady_clock::now() + std::chrono::seconds(2));
  return 0;
}
