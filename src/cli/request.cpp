#include "cli/request.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <functional>

#include "base/version.hpp"
#include "cli/common_options.hpp"
#include "cli/completion.hpp"
#include "cli/duration.hpp"
#include "cli/nearest.hpp"
#include "cli/run.hpp"
#include "cli/run_request.hpp"
#include "cli/state_file.hpp"
#include "cli/top_request.hpp"

namespace lockkeeper::cli {
namespace {

constexpr const char* main_footer = R"(
Exit status: 0 nothing found, 1 findings, 2 wrong usage, 3 the database could not be observed.
First steps:
  lockkeeper demo
  lockkeeper doctor postgresql://postgres@localhost/postgres
  lockkeeper doctor --help
)";

constexpr const char* doctor_footer = R"(
Examples:
  lockkeeper doctor postgresql://postgres@db.example/shop
  lockkeeper doctor --for 30s postgresql://postgres@db.example/shop     also shows growth
  lockkeeper doctor mysql://root@db.example/shop                        MySQL and MariaDB alike
  lockkeeper doctor --json --fail-on critical service=shop | jq .findings
  PGHOST=db.example PGUSER=monitor lockkeeper doctor                    as psql would connect
  lockkeeper doctor postgresql://db.example/shop --app-log webshop=/var/log/webshop.log    and what its pool said
)";

constexpr const char* kill_footer = R"(
Without --yes nothing is done: you see who would be ended, what it does and holds, and who would be released.
With --yes each session is ended only if it is still exactly as it was seen; one that moved on is skipped.
Examples:
  lockkeeper kill postgresql://postgres@db.example/shop --finding idle-transaction-3f2a9c1b
  lockkeeper kill postgresql://postgres@db.example/shop --finding idle-transaction-3f2a9c1b --yes
  lockkeeper kill postgresql://postgres@db.example/shop --session 4711@2026-11-22T05:02:22.123456Z --yes
  lockkeeper kill mysql://root@db.example --session 4711 --max-rollback-rows 5000000 --yes
)";

constexpr const char* dump_footer = R"(
The URL is that of the recorder's console: the address of `lockkeeper run`, and pgbouncer as the database. The lines hold
no literals and no parameters, unless the recorder was told to keep them.
Examples:
  lockkeeper dump postgresql://app:secret@127.0.0.1:6432/pgbouncer > at-three.jsonl
  lockkeeper dump postgresql://app@127.0.0.1:6432/pgbouncer | lockkeeper replay - --min-idle 1s
)";

constexpr const char* replay_footer = R"(
Judges what `lockkeeper dump` wrote, with the same rules as the recorder did; give other limits to ask again.
Examples:
  lockkeeper replay at-three.jsonl
  lockkeeper replay at-three.jsonl --min-idle 1s --json | jq .findings
)";

constexpr const char* completion_footer = R"(
Examples:
  source <(lockkeeper completion bash)                                      for this shell alone
  lockkeeper completion zsh > ~/.zsh/completions/_lockkeeper                a folder of $fpath
  lockkeeper completion fish > ~/.config/fish/completions/lockkeeper.fish
)";

struct CompletionArguments {
  std::string shell;
  const CLI::App* app = nullptr;  ///< Whose command lines are completed.
};

void add_judging(CLI::App& command, Judging& request) {
  add_choice(command, "--fail-on",
             "Exit with 1 from this severity on: notice, warning, critical, never [default: warning]", "SEVERITY",
             [&request](const std::string& text) {
               static const std::map<std::string, std::optional<model::Severity>> levels{
                   {"notice", model::Severity::notice},
                   {"warning", model::Severity::warning},
                   {"critical", model::Severity::critical},
                   {"never", std::nullopt}};
               const auto found = levels.find(text);
               if (found == levels.end())
                 return fmt::format("\"{}\" is none of notice, warning, critical, never", text);
               request.fail_on = found->second;
               return std::string();
             });
  command.add_flag("--allow-incomplete", request.allow_incomplete,
                   "Exit with 0, not 3, when nothing was found but not everything could be seen");
  add_common(command, request.common);
}

void add_doctor(CLI::App& command, DoctorRequest& request) {
  command.footer(doctor_footer);
  command.add_option(
      "URL", request.urls,
      "Servers to look at: postgresql://, mysql:// or mariadb:// URLs, or \"host=... dbname=...\"; without "
      "one, PG* variables");
  add_duration(command, "--for", request.watch, "Keep looking this long, to see growth; 0 is one look");
  add_duration(command, "--interval", request.interval, "Time between looks while watching", true);
  add_app_logs(command, request.app_logs,
               "What this application's log tells of its pool, joined with its sessions on the server (NAME is its "
               "application_name there); - is standard input; may be given several times",
               AppLogs::read_once);
  add_judging(command, request);
}

void add_dump(CLI::App& command, DumpRequest& request) {
  command.footer(dump_footer);
  command.add_option("URL", request.url, "The recorder's console; what it leaves out comes from PG* variables");
  add_duration(command, "--timeout", request.timeout, "Longest wait for the recorder", true);
}

void add_replay(CLI::App& command, ReplayRequest& request) {
  command.footer(replay_footer);
  command.add_option("FILE", request.file, "The lines that dump wrote; - is standard input")->required();
  add_judging(command, request);
}

void add_version(CLI::App& command, VersionRequest& request) {
  command.add_flag("--json", request.json, "One JSON object (docs/api.md)");
}

void add_completion(CLI::App& command, CompletionArguments& arguments) {
  command.footer(completion_footer);
  command.add_option("SHELL", arguments.shell, "bash, zsh or fish")->required();
}

// A start that is left out is the epoch: the conductor knows whether it is needed.
std::optional<model::SessionId> read_session(const std::string& text) {
  std::int64_t pid = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, pid);
  if (error == std::errc() && stop == end && pid > 0) return model::SessionId{pid, {}};
  return model::parse_session_id(text);
}

void add_kill(CLI::App& command, KillRequest& request) {
  command.footer(kill_footer);
  command.add_option("URL", request.url, "The server; without one, PG* variables");
  add_choice(command, "--finding", "Act on the sessions of this finding", "ID", [&request](const std::string& id) {
    request.action.finding = model::FindingId(id);
    return std::string();
  });
  add_choice(command, "--session",
             "Act on this one session; START is its backend_start (MySQL, MariaDB: the server's start, or left out)",
             "PID@START", [&request](const std::string& text) {
               request.action.session = read_session(text);
               return request.action.session
                          ? ""
                          : fmt::format("\"{}\" is not PID@START, as in 4711@2026-11-22T05:02:22.123456Z", text);
             });
  command.add_flag_callback(
      "--yes", [&request] { request.action.dry_run = false; }, "Act; without it, only show what would be done");
  command.add_flag_callback(
      "--cancel", [&request] { request.action.action = model::Action::cancel; },
      "Cancel the running statement instead of ending the session");
  add_app_logs(command, request.app_logs, "As for doctor, for findings that need it; may be given several times",
               AppLogs::read_once);
  add_acting(command, request.action);
  add_common(command, request.common);
}

Request wrong(std::string_view message, std::string_view command) {
  return {Status::usage, fmt::format("error: {}\n       lockkeeper {}--help shows what it takes, with examples\n",
                                     message, command.empty() ? "" : fmt::format("{} ", command))};
}

// CLI11 says that an argument was not expected; a person also wants to know which one was meant.
std::string explain(const CLI::ParseError& error, const CLI::App& app, const CLI::App* command, int argc,
                    const char* const* argv) {
  std::vector<std::string> known;
  if (command == nullptr) {
    for (const auto* one : app.get_subcommands({})) known.push_back(one->get_name());
    if (argc < 2)
      return "no command given: demo shows what it is all about, doctor looks at a server, top goes on looking, kill "
             "acts on what it found, run sits in "
             "front of it and remembers";
  } else {
    for (const auto* option : command->get_options()) {
      for (const auto& name : option->get_lnames()) known.push_back("--" + name);
    }
  }
  for (int index = 1; index < argc; ++index) {
    const std::string given = std::string(argv[index]).substr(0, std::string(argv[index]).find('='));
    const bool candidate = command == nullptr || given.starts_with("--");
    if (!candidate || std::ranges::count(known, given) > 0) continue;
    if (command == nullptr && given.starts_with("-"))
      return given +
             " comes after a command: doctor, top, kill, run, test, advise, dump, replay, history, demo, version or "
             "completion";
    const auto meant = nearest(given, known);
    return fmt::format("there is no {} {}{}", command == nullptr ? "command" : "option", given,
                       meant.empty() ? "" : fmt::format("; did you mean {}?", meant));
  }
  const std::string words = error.what();
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    const std::string given = words.substr(words.rfind(' ') + 1);
    return given.starts_with("-") ? "there is no option " + given
                                  : given + " is one too many: give one URL, in quotes where it has spaces";
  }
  // "--timeout: 1 required DURATION missing"
  const auto end = words.find(": 1 required ");
  return end == std::string::npos ? words : words.substr(0, end) + " needs a value";
}

// What a command needs to find the same again.
std::string arguments_of(const diagnose::Limits& limits, const std::vector<AppLogArgument>& app_logs) {
  const std::string first = limit_arguments(limits);
  const std::string second = app_log_arguments(app_logs);
  return first + (first.empty() || second.empty() ? "" : " ") + second;
}

Request request_of(KillRequest kill) {
  if (kill.action.finding && kill.action.session) return wrong("give either --finding or --session, not both", "kill");
  if (!kill.action.finding && !kill.action.session)
    return wrong("kill whom? Give --finding ID (from lockkeeper doctor) or --session PID@START", "kill");
  if (kill.action.audit.empty()) kill.action.audit = state_file("audit.jsonl");
  if (kill.action.audit.empty() && !kill.action.dry_run) {
    return wrong("neither HOME nor XDG_STATE_HOME is set: say with --audit FILE where to record what is done", "kill");
  }
  kill.common.limit_arguments = arguments_of(kill.common.limits, kill.app_logs);
  kill.action.timeout = kill.common.timeout;
  Request request;
  request.kill = std::move(kill);
  return request;
}

// Of a command whose arguments are understood elsewhere: the request, or what is wrong with them.
template <class Value>
Request request_of(std::expected<Value, std::string> understood, std::optional<Value> Request::* place,
                   std::string_view command) {
  if (!understood) return wrong(understood.error(), command);
  Request request;
  request.*place = std::move(*understood);
  return request;
}

Request request_of(const HistoryArguments& arguments) {
  const auto now = std::chrono::floor<model::Duration>(std::chrono::system_clock::now());
  return request_of(understand(arguments, state_file("history.sqlite"), now), &Request::history, "history");
}

Request request_of(TopArguments arguments) {
  return request_of(understand(std::move(arguments)), &Request::top, "top");
}

Request request_of(const TestArguments& arguments) { return request_of(understand(arguments), &Request::test, "test"); }

Request request_of(const AdviseArguments& arguments) {
  return request_of(understand(arguments), &Request::advise, "advise");
}

Request request_of(const DemoArguments& arguments) { return request_of(understand(arguments), &Request::demo, "demo"); }

Request request_of(const VersionRequest& version) {
  Request request;
  request.version = version;
  return request;
}

Request request_of(const CompletionArguments& arguments) {
  const auto shell = shell_named(arguments.shell);
  if (!shell) return wrong(fmt::format("\"{}\" is none of bash, zsh, fish", arguments.shell), "completion");
  return {Status::nothing_found, completion_script(*shell, completed(*arguments.app))};
}

Request request_of(DoctorRequest doctor) {
  doctor.common.limit_arguments = arguments_of(doctor.common.limits, doctor.app_logs);
  Request request;
  request.doctor = std::move(doctor);
  return request;
}

Request request_of(RunRequest run) {
  if (run.url.empty() && run.config.empty()) return wrong("in front of what? Give a URL, or --config FILE", "run");
  if (!run.proxy && !run.look) return wrong("--no-proxy only looks, and --no-look forbids it: leave one out", "run");
  if (!run.proxy && run.url.empty()) return wrong("--no-proxy is about the URL's server, and there is no URL", "run");
  if (run.audit.empty()) run.audit = state_file("audit.jsonl");
  Request request;
  request.run = std::move(run);
  return request;
}

Request request_of(DumpRequest dump) {
  Request request;
  request.dump = std::move(dump);
  return request;
}

Request request_of(ReplayRequest replay) {
  replay.common.limit_arguments = limit_arguments(replay.common.limits);
  Request request;
  request.replay = std::move(replay);
  return request;
}

// All commands, each with what its options are read into.
class Commands {
 public:
  explicit Commands(CLI::App& app) : completion_{.shell = {}, .app = &app} {
    add(app, "doctor", "Look at servers and say what is stuck, why, and what to do", add_doctor, doctor_);
    add(app, "top", "The same live in this terminal; end sessions from there", add_top, top_);
    add(app, "kill", "End the sessions of a finding, or one session; a dry run unless --yes", add_kill, kill_);
    add(app, "run", "A pooling proxy in front of a server, which remembers what transactions did", add_run, run_);
    add(app, "dump", "Write all that a recorder remembers, as JSON lines", add_dump, dump_);
    add(app, "replay", "Judge a dump again", add_replay, replay_);
    add(app, "history", "What happened between two times, as `run` kept it", add_history, history_);
    add(app, "test", "Run a test suite, and say which test leaves a transaction open", add_test, test_);
    add(app, "demo", "Five production incidents on a private server: found, explained, ended, prevented", add_demo,
        demo_);
    add(app, "advise", "Pool sizes, by simulating what a recorder remembers", add_advise, advise_);
    add(app, "version", "What this program was built from and with", add_version, version_);
    add(app, "completion", "A script by which a shell completes command lines", add_completion, completion_);
  }

  struct Command {
    const CLI::App* app = nullptr;
    std::function<Request()> request;  ///< Once its options have been read.
  };
  /// nullptr: there is none of that name.
  [[nodiscard]] const Command* named(std::string_view name) const {
    const auto found = std::ranges::find_if(all_, [name](const Command& each) { return each.app->get_name() == name; });
    return found == all_.end() ? nullptr : &*found;
  }

 private:
  template <class Arguments>
  void add(CLI::App& app, const char* name, const char* help, void (*add_options)(CLI::App&, Arguments&),
           Arguments& arguments) {
    CLI::App& command = *app.add_subcommand(name, help);
    add_options(command, arguments);
    all_.push_back({&command, [&arguments] { return request_of(std::move(arguments)); }});
  }

  DoctorRequest doctor_;
  TopArguments top_;
  KillRequest kill_;
  RunRequest run_;
  DumpRequest dump_;
  ReplayRequest replay_;
  HistoryArguments history_;
  TestArguments test_;
  AdviseArguments advise_;
  VersionRequest version_;
  CompletionArguments completion_;
  DemoArguments demo_;
  std::vector<Command> all_;
};

}  // namespace

Request parse_request(int argc, const char* const* argv) {
  CLI::App app("Finds, explains and ends leaked database transactions and what waits for them.", "lockkeeper");
  app.footer(main_footer);
  app.set_version_flag("--version", fmt::format("lockkeeper {}", version));
  app.require_subcommand(1);
  const Commands commands(app);
  const auto* command = argc > 1 ? commands.named(argv[1]) : nullptr;
  const CLI::App* parser = command == nullptr ? nullptr : command->app;
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return {Status::nothing_found, parser == nullptr ? app.help() : parser->help(app.get_name())};
  } catch (const CLI::CallForVersion&) {
    return {Status::nothing_found, fmt::format("lockkeeper {}\n", version)};
  } catch (const CLI::ParseError& error) {
    return wrong(explain(error, app, parser, argc, argv), parser == nullptr ? "" : parser->get_name());
  }
  return command->request();
}

}  // namespace lockkeeper::cli
