#include "cli/history_request.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <utility>

#include "cli/duration.hpp"
#include "report/history_text.hpp"

namespace lockkeeper::cli {
namespace {

constexpr const char* history_footer = R"(
Times: 2026-11-22T05:02:22Z, "2026-11-22 05:02", 05:02 (the last time that it was so late), 90min (so long ago); UTC.
Examples:
  lockkeeper history                                   the last hour
  lockkeeper history --last 1d --server db.example:5432
  lockkeeper history --from 02:50 --to 03:20
  lockkeeper history --from "2026-11-22 02:50" --last 30min --json | jq .findings
  lockkeeper history --file /var/lib/lockkeeper/history.sqlite
)";

constexpr model::Duration usual_length = std::chrono::hours(1);
// Text is read, JSON is worked with.
constexpr std::size_t most_rows_in_text = 40;
constexpr std::size_t most_periods_in_json = 600;

std::string no_time(std::string_view text) {
  return fmt::format("\"{}\" is no time; write it like 05:02, \"2026-11-22 05:02\", 2026-11-22T05:02:22Z or 90min",
                     text);
}

// "05:02" or "05:02:22".
std::optional<model::WallTime> time_of_day(std::string_view text, model::WallTime now) {
  if (text.size() != 5 && text.size() != 8) return std::nullopt;
  const auto today = model::to_rfc3339(now).substr(0, 10);
  const auto time = model::parse_time(fmt::format("{}T{}{}Z", today, text, text.size() == 5 ? ":00" : ""));
  if (!time) return std::nullopt;
  return *time <= now ? *time : *time - std::chrono::days(1);
}

// "2026-11-22", "2026-11-22 05:02", "2026-11-22T05:02:22".
std::optional<model::WallTime> in_utc(std::string_view text) {
  std::string whole(text);
  if (whole.size() == 10) whole += "T00:00";
  if (whole.size() == 16) whole += ":00";
  return model::parse_time(whole + "Z");
}

// Complaints name the option.
template <class Value>
std::expected<Value, std::string> of_option(const char* option, std::expected<Value, std::string> read) {
  if (!read) read = std::unexpected(fmt::format("{}: {}", option, read.error()));
  return read;
}

std::expected<model::Duration, std::string> positive(const char* option, const std::string& text,
                                                     model::Duration otherwise) {
  if (text.empty()) return otherwise;
  auto duration = of_option(option, parse_duration(text));
  if (duration && *duration <= model::Duration::zero())
    return std::unexpected(fmt::format("{} must be longer than 0", option));
  return duration;
}

struct Stretch {
  model::WallTime from;
  model::WallTime to;
};

// Two of from, to and last say it all; what is missing is now, or an hour.
std::expected<Stretch, std::string> stretch_of(const HistoryArguments& arguments, model::WallTime now) {
  if (!arguments.from.empty() && !arguments.to.empty() && !arguments.last.empty())
    return std::unexpected("two of --from, --to and --last are enough");
  const auto length = positive("--last", arguments.last, usual_length);
  if (!length) return std::unexpected(length.error());
  Stretch stretch{.from = now - *length, .to = now};
  if (!arguments.to.empty()) {
    const auto to = of_option("--to", parse_moment(arguments.to, now));
    if (!to) return std::unexpected(to.error());
    stretch = {*to - *length, *to};
  }
  if (!arguments.from.empty()) {
    const auto from = of_option("--from", parse_moment(arguments.from, now));
    if (!from) return std::unexpected(from.error());
    stretch.from = *from;
    if (!arguments.last.empty()) stretch.to = *from + *length;
  }
  if (stretch.from >= stretch.to) {
    return std::unexpected(fmt::format("the time from {} to {} has no length: --from comes before --to",
                                       model::to_rfc3339(stretch.from), model::to_rfc3339(stretch.to)));
  }
  return stretch;
}

}  // namespace

std::expected<model::WallTime, std::string> parse_moment(std::string_view text, model::WallTime now) {
  if (text == "now") return now;
  if (const auto time = model::parse_time(text)) return *time;
  if (const auto time = time_of_day(text, now)) return *time;
  if (const auto time = in_utc(text)) return *time;
  if (const auto ago = parse_duration(text)) return now - *ago;
  return std::unexpected(no_time(text));
}

void add_history(CLI::App& command, HistoryArguments& arguments) {
  command.footer(history_footer);
  const auto add = [&](const char* name, std::string& into, const char* help, const char* value) {
    command.add_option(name, into, help)->type_name(value);
  };
  add("--file", arguments.file, "The history [default: ~/.local/state/lockkeeper/history.sqlite]", "FILE");
  add("--server", arguments.server, "This server alone, by its name", "NAME");
  add("--from", arguments.from, "The first moment [default: --last before --to]", "TIME");
  add("--to", arguments.to, "The moment after the last [default: now]", "TIME");
  add("--last", arguments.last, "So much time, after --from or before --to [default: 1h]", "DURATION");
  add("--step", arguments.step, "Connections in steps of this length [default: what fits]", "DURATION");
  add("--timeout", arguments.timeout, "Longest wait for the file [default: 10s]", "DURATION");
  command.add_flag("--json", arguments.json, "One JSON object instead of text (docs/api.md)");
  add("--color", arguments.colour, "auto, always or never [default: auto]", "WHEN");
}

std::expected<HistoryRequest, std::string> understand(const HistoryArguments& arguments,
                                                      const std::filesystem::path& default_file, model::WallTime now) {
  HistoryRequest request;
  request.json = arguments.json;
  request.file = arguments.file.empty() ? default_file : std::filesystem::path(arguments.file);
  if (request.file.empty())
    return std::unexpected("neither HOME nor XDG_STATE_HOME is set: say with --file FILE where the history is");
  const auto stretch = stretch_of(arguments, now);
  if (!stretch) return std::unexpected(stretch.error());
  const auto step = positive("--step", arguments.step, model::Duration::zero());
  if (!step) return std::unexpected(step.error());
  const auto timeout = positive("--timeout", arguments.timeout, request.timeout);
  if (!timeout) return std::unexpected(timeout.error());
  const auto colour = of_option("--color", read_colour(arguments.colour));
  if (!colour) return std::unexpected(colour.error());
  request.colour = *colour;
  request.timeout = *timeout;
  model::HistoryQuery& query = request.query;
  query = {.server = arguments.server, .from = stretch->from, .to = stretch->to, .step = *step};
  if (request.json) {
    query.most_periods = most_periods_in_json;
  } else {
    query.most_periods = report::chart_columns(100);
    query.most_findings = query.most_actions = query.most_transactions = most_rows_in_text;
  }
  // Whoever asks for a step gets what it takes, within reason.
  if (*step > model::Duration::zero()) query.most_periods = 10'000;
  return request;
}

}  // namespace lockkeeper::cli
