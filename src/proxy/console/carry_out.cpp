// What the console's commands do.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/utf8.hpp"
#include "proxy/config_route.hpp"
#include "proxy/console/gather.hpp"
#include "proxy/console/inquiry.hpp"
#include "proxy/console/task.hpp"
#include "proxy/postgres/client.hpp"
#include "proxy/worker.hpp"

namespace lockkeeper::proxy {

using console::Command;
using console::Failure;
using console::Kind;
using console::Reply;

namespace {

std::optional<std::string> database_of(const Command& command) {
  return command.argument.empty() ? std::nullopt : std::optional(command.argument);
}

Reply failed(Failure failure) {
  Reply reply;
  reply.failure = std::move(failure);
  return reply;
}

bool has_pool(const Pools& pools, const std::string& database) {
  const auto infos = pools.list();
  return std::ranges::any_of(infos, [&](const PoolInfo& each) { return each.key.database == database; });
}

void note_silent(Reply& reply, std::size_t missing) {
  if (missing == 0) return;
  reply.notices.push_back(fmt::format("{} worker{} did not answer within a second: {} part is missing", missing,
                                      missing == 1 ? "" : "s", missing == 1 ? "its" : "their"));
}

}  // namespace

template <class Inquiry>
io::Task<> ConsoleTask::wait_for(Inquiry& inquiry) {
  const io::TimePoint deadline = worker_.loop().now() + patience;
  client_.timer_.set(deadline);
  while (!inquiry.complete() && !client_.timer_.due(worker_.loop().now())) co_await client_.wakeup_;
  client_.timer_.clear();
}

io::Task<Reply> ConsoleTask::carry_out(const Command& command) {
  if (command.kind == Kind::show_recording) co_return co_await show_recording();
  if (!console::columns_of(command.kind).empty()) co_return co_await show(command);
  log(command);
  switch (command.kind) {
    case Kind::pause: co_return co_await pause(command);
    case Kind::kill: co_return co_await kill(command);
    case Kind::kill_client: co_return co_await kill_client(command);
    case Kind::resume: co_return resume(command);
    case Kind::reconnect: co_return reconnect(command);
    case Kind::reload: co_return reload();
    default: co_return failed({"XX000", "this command is not carried out", {}});
  }
}

void ConsoleTask::log(const Command& command) const {
  std::string text(console::info_of(command.kind).name);
  if (command.kind == Kind::kill_client) text += fmt::format(" {}", command.client);
  if (!command.argument.empty()) text += " " + base::printable(command.argument);
  worker_.log(LogLevel::info, fmt::format("{}: console, user \"{}\": {}", client_.who_->address,
                                          base::printable(client_.who_->user), text));
}

io::Task<Reply> ConsoleTask::show(const Command& command) {
  const console::Question question = console::question_for(command);
  console::Inquiry<console::Part> inquiry(worker_, client_.wakeup_,
                                          [question](Worker& worker) { return console::answer(worker, question); });
  co_await wait_for(inquiry);
  const console::View view = console::put_together(worker_, question, inquiry.answers(), inquiry.missing());
  Reply reply;
  note_silent(reply, inquiry.missing());
  if (command.kind == Kind::show_findings && !view.diagnosis)
    reply.notices.emplace_back("nothing has been looked at yet: findings come within seconds of the start");
  if (command.kind == Kind::show_findings && view.diagnosis && view.diagnosis->failure)
    reply.notices.push_back(fmt::format("the server could not be looked at: {}. {}", view.diagnosis->failure->message,
                                        view.diagnosis->failure->advice));
  auto rows = console::rows_of(command, view);
  if (rows) {
    reply.rows = *std::move(rows);
  } else {
    reply.failure = std::move(rows.error());
  }
  co_return reply;
}

bool ConsoleTask::unwanted() const {
  const bool gone = client_.over_ || client_.socket_->ended() || client_.socket_->peer_gone();
  return gone || client_.cancelled_ || client_.draining_;
}

io::Task<Reply> ConsoleTask::show_recording() {
  auto wish = worker_.shared().dump_wishes.add();
  const io::TimePoint deadline = worker_.loop().now() + recording_patience;
  while (wish.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
    if (unwanted()) co_return failed({"57014", "SHOW RECORDING was cancelled", {}});
    if (worker_.loop().now() >= deadline)
      co_return failed({"57014",
                        fmt::format("nobody has put the recording together within {} s", recording_patience.count()),
                        "Looking at the server may take so long: SHOW FINDINGS says what of the last look came."});
    client_.timer_.set(worker_.loop().now() + pause_interval);
    co_await client_.wakeup_;
  }
  client_.timer_.clear();
  Reply reply;
  reply.rows = console::recording_rows(*wish.get());
  co_return reply;
}

std::optional<Failure> ConsoleTask::check_database(const std::string& name) const {
  if (name.empty()) return std::nullopt;
  if (name == console_database) return Failure{"22023", fmt::format("database \"{}\" is the console itself", name), {}};
  const auto setup = worker_.shared().setup();
  const bool known = route_settings(setup->config, name, {}) || mysql_route_settings(setup->config, name, {});
  if (known || has_pool(worker_.shared().pools, name)) return std::nullopt;
  return Failure{"3D000", fmt::format("no database \"{}\" is configured", name), "SHOW DATABASES lists them."};
}

// A pool that is made after this would not know of it.
std::optional<Failure> ConsoleTask::check_pause(const std::string& name) const {
  if (auto failure = check_database(name)) return failure;
  if (name.empty() || has_pool(worker_.shared().pools, name)) return std::nullopt;
  return Failure{"55000", fmt::format("nobody has used database \"{}\" yet: there is nothing to pause or end", name),
                 "PAUSE without a name also holds for databases that are used later."};
}

io::Task<Reply> ConsoleTask::pause(const Command& command) {
  if (auto failure = check_pause(command.argument)) co_return failed(*std::move(failure));
  Pools& pools = worker_.shared().pools;
  const auto database = database_of(command);
  pools.pause(database, worker_.loop().now());
  while (!pools.is_paused(database)) {
    if (unwanted()) {
      // Nobody would know that all clients wait for a RESUME.
      pools.resume(database, worker_.loop().now());
      co_return failed({"57014", "PAUSE was cancelled before all server connections were free; the pools go on", {}});
    }
    client_.timer_.set(worker_.loop().now() + pause_interval);
    co_await client_.wakeup_;
  }
  client_.timer_.clear();
  co_return Reply{};
}

Reply ConsoleTask::resume(const Command& command) {
  if (auto failure = check_database(command.argument)) return failed(*std::move(failure));
  worker_.shared().pools.resume(database_of(command), worker_.loop().now());
  return {};
}

Reply ConsoleTask::reconnect(const Command& command) {
  if (auto failure = check_database(command.argument)) return failed(*std::move(failure));
  worker_.shared().pools.reconnect(database_of(command), worker_.loop().now());
  return {};
}

Reply ConsoleTask::reload() {
  const Shared::Reload reload = worker_.shared().reload();
  if (!reload) return failed({"0A000", "this proxy was started without anything that it could read again", {}});
  // Some small files are read on this thread: its clients wait for milliseconds, at a moment that somebody chose.
  const std::string error = reload();
  if (error.empty()) return {};
  return failed({"F0000", fmt::format("not reloaded, the configuration before stays in force: {}", error), {}});
}

io::Task<Reply> ConsoleTask::kill(const Command& command) {
  if (auto failure = check_pause(command.argument)) co_return failed(*std::move(failure));
  // First, so that nobody of them is back before the others have gone.
  worker_.shared().pools.pause(command.argument, worker_.loop().now());
  console::Inquiry<std::uint64_t> inquiry(
      worker_, client_.wakeup_, [database = command.argument](Worker& worker) -> std::uint64_t {
        std::uint64_t ended = 0;
        worker.for_each_client([&](Client& client) {
          if (client.on_console() || client.identity() == nullptr || client.is_over()) return;
          if (client.identity()->database != database) return;
          client.terminate();
          ++ended;
        });
        return ended;
      });
  co_await wait_for(inquiry);
  std::uint64_t ended = 0;
  for (const std::uint64_t each : inquiry.answers()) ended += each;
  worker_.shared().ended_on_console += ended;
  Reply reply;
  note_silent(reply, inquiry.missing());
  reply.notices.push_back(fmt::format("{} client{} ended; database \"{}\" is paused until RESUME", ended,
                                      ended == 1 ? "" : "s", command.argument));
  co_return reply;
}

io::Task<Reply> ConsoleTask::kill_client(const Command& command) {
  console::Inquiry<std::uint64_t> inquiry(worker_, client_.wakeup_,
                                          [id = command.client](Worker& worker) -> std::uint64_t {
                                            Client* client = worker.client(pool::ClientId(id));
                                            if (client == nullptr || client->is_over()) return 0;
                                            client->terminate();
                                            return 1;
                                          });
  co_await wait_for(inquiry);
  if (std::ranges::find(inquiry.answers(), 1U) != inquiry.answers().end()) {
    ++worker_.shared().ended_on_console;
    co_return Reply{};
  }
  Reply reply = failed({"42704", fmt::format("there is no client {}", command.client), "SHOW CLIENTS lists them."});
  note_silent(reply, inquiry.missing());
  co_return reply;
}

}  // namespace lockkeeper::proxy
