#include "proxy/console/command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "base/utf8.hpp"
#include "proxy/config_values.hpp"
#include "track/postgres/server.hpp"

namespace lockkeeper::proxy::console {
namespace {

constexpr std::string_view syntax_error = "42601";
constexpr std::string_view not_supported = "0A000";
constexpr std::string_view hint_to_help = "SHOW HELP lists the commands.";

struct Word {
  std::string text;
  bool quoted = false;
};

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& each : result) {
    if (each >= 'a' && each <= 'z') each = static_cast<char>(each - 'a' + 'A');
  }
  return result;
}

bool is_space(char letter) noexcept { return std::string_view(" \t\r\n\f\v").contains(letter); }

/// Cuts a text into words; comments and what separates words are dropped.
class Cutter {
 public:
  explicit Cutter(std::string_view text) : rest_(text) {}

  std::expected<std::vector<Word>, Failure> words() {
    std::vector<Word> words;
    for (;;) {
      skip_space();
      if (rest_.empty()) return words;
      if (rest_.front() == ';') {
        rest_.remove_prefix(1);
        ended_ = !words.empty();
        continue;
      }
      if (ended_) return std::unexpected(wrong("the console takes one command at a time"));
      const bool quoted = rest_.front() == '"' || rest_.front() == '\'';
      auto text = quoted ? take_quoted() : take_plain();
      if (!text) return std::unexpected(wrong("a quoted name does not end"));
      words.push_back({*std::move(text), quoted});
    }
  }

 private:
  static Failure wrong(std::string message) {
    return {std::string(syntax_error), std::move(message), std::string(hint_to_help)};
  }

  void skip_space() {
    for (;;) {
      if (!rest_.empty() && is_space(rest_.front())) {
        rest_.remove_prefix(1);
      } else if (rest_.starts_with("--")) {
        rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
      } else if (rest_.starts_with("/*")) {
        const std::size_t end = rest_.find("*/", 2);
        rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 2);
      } else {
        return;
      }
    }
  }

  // A quote within is doubled.
  std::optional<std::string> take_quoted() {
    const char quote = rest_.front();
    std::string text;
    for (std::size_t at = 1; at < rest_.size(); ++at) {
      if (rest_[at] == quote) {
        if (at + 1 == rest_.size() || rest_[at + 1] != quote) {
          rest_.remove_prefix(at + 1);
          return text;
        }
        ++at;
      }
      text += rest_[at];
    }
    return std::nullopt;
  }

  std::optional<std::string> take_plain() {
    std::size_t end = 0;
    while (end < rest_.size() && !is_space(rest_[end]) && rest_[end] != ';' && !rest_.substr(end).starts_with("/*"))
      ++end;
    std::string text(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return text;
  }

  std::string_view rest_;
  bool ended_ = false;
};

std::size_t words_of(std::string_view name) {
  return name.empty() ? 0 : 1 + static_cast<std::size_t>(std::ranges::count(name, ' '));
}

// "SHOW POOLS": the first `count` words, as names are compared.
std::string joined(std::span<const Word> words, std::size_t count) {
  std::string text;
  for (std::size_t at = 0; at < std::min(count, words.size()); ++at) {
    if (words[at].quoted) return {};  // A name, whatever it is called.
    text += (at == 0 ? "" : " ") + upper(words[at].text);
  }
  return text;
}

const CommandInfo* find_command(std::span<const Word> words) {
  const CommandInfo* found = nullptr;
  for (const CommandInfo& each : commands()) {
    const std::size_t count = words_of(each.name);
    if (count > words.size() || joined(words, count) != each.name) continue;
    if (found == nullptr || count > words_of(found->name)) found = &each;
  }
  return found;
}

// What somebody who knows PgBouncer might ask for, and why it is not here.
struct Absent {
  std::string_view name;
  std::string_view why;
};
constexpr auto absent_commands = std::to_array<Absent>({
    {"SHUTDOWN", "the console does not end the proxy: send it SIGTERM, which lets open transactions finish first"},
    {"SUSPEND", "there is no SUSPEND; PAUSE waits for open transactions and then gives no server connection any more"},
    {"DISABLE", "there is no DISABLE; KILL ends the clients of a database and PAUSE keeps them waiting"},
    {"ENABLE", "there is no ENABLE; RESUME lets a database go on"},
    {"WAIT_CLOSE", "there is no WAIT_CLOSE; SHOW SERVERS tells since when each server connection is there"},
});

Failure unknown(std::span<const Word> words) {
  const std::string first = joined(words, 1);
  for (const Absent& each : absent_commands) {
    if (first == each.name) return {std::string(not_supported), std::string(each.why), std::string(hint_to_help)};
  }
  const bool shows = first == "SHOW" && words.size() > 1;
  std::vector<std::string_view> known;
  for (const CommandInfo& each : commands()) {
    const std::string_view name = each.name;
    if (name.empty() || (shows && !name.starts_with("SHOW "))) continue;
    known.push_back(shows ? name.substr(name.find(' ') + 1) : name.substr(0, name.find(' ')));
  }
  // The rest of a long text is somebody's SQL, and may hold what is nobody else's business.
  const std::string said = joined(words, shows ? 2 : 1);
  const std::string shown = base::printable(std::string_view(said).substr(0, 64));
  const std::string_view nearest = nearest_word(shows ? upper(words[1].text) : first, known);
  std::string message = said == "SHOW" ? "SHOW needs to know what" : fmt::format("unknown command \"{}\"", shown);
  if (!nearest.empty() && nearest != first)
    message += fmt::format("; did you mean {}{}?", shows ? "SHOW " : "", nearest);
  return {std::string(syntax_error), std::move(message), std::string(hint_to_help)};
}

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

Failure wrong_argument(const CommandInfo& info, std::string_view needs) {
  return {std::string(syntax_error), fmt::format("{} {}", info.name, needs), std::string(hint_to_help)};
}

// Settings that drivers make at login. Everything else would seem to have been changed, and was not.
std::optional<Failure> check_set(std::span<const Word> words) {
  std::size_t at = 0;
  while (at < words.size() && (joined(words.subspan(at), 1) == "SESSION" || joined(words.subspan(at), 1) == "LOCAL"))
    ++at;
  std::string name = at < words.size() ? words[at].text : std::string();
  name = name.substr(0, name.find('='));
  for (char& each : name) {
    if (each >= 'A' && each <= 'Z') each = static_cast<char>(each - 'A' + 'a');
  }
  if (name == "extra_float_digits" || track::postgres::follows_client(name)) return std::nullopt;
  return Failure{std::string(not_supported),
                 "the console sets nothing: change the configuration file, then RELOAD; SHOW CONFIG tells which "
                 "settings a reload changes",
                 {}};
}

std::expected<Command, Failure> with_argument(const CommandInfo& info, std::span<const Word> rest) {
  Command command{info.kind, {}, 0, {}};
  if (info.argument == Argument::anything) {
    if (info.kind == Kind::set) {
      if (auto failure = check_set(rest)) return std::unexpected(*std::move(failure));
    }
    return command;
  }
  const bool optional = info.argument == Argument::none || info.argument == Argument::maybe_database;
  if (rest.size() > (info.argument == Argument::none ? 0U : 1U)) {
    return std::unexpected(wrong_argument(
        info, info.argument == Argument::none ? "takes nothing after it" : "takes one name after it; quote it"));
  }
  const std::string text = rest.empty() ? std::string() : rest.front().text;
  if (text.empty() && optional && rest.empty()) return command;
  switch (info.argument) {
    case Argument::client: {
      const auto number = number_of(text);
      if (!number) return std::unexpected(wrong_argument(info, "needs a client's id, as SHOW CLIENTS gives it"));
      command.client = *number;
      return command;
    }
    case Argument::transaction: {
      const auto number = number_of(std::string_view(text).substr(0, text.find('-')));
      if (!number)
        return std::unexpected(wrong_argument(info, "needs a transaction's id, as SHOW TRANSACTIONS gives it"));
      command.client = *number;
      command.transaction = text;
      return command;
    }
    default:
      if (text.empty()) return std::unexpected(wrong_argument(info, "needs a database's name"));
      command.argument = text;
      return command;
  }
}

}  // namespace

std::expected<Command, Failure> parse_command(std::string_view sql) {
  const auto words = Cutter(sql).words();
  if (!words) return std::unexpected(words.error());
  if (words->empty()) return Command{};
  const CommandInfo* info = find_command(*words);
  if (info == nullptr || info->kind == Kind::nothing) return std::unexpected(unknown(*words));
  return with_argument(*info, std::span(*words).subspan(words_of(info->name)));
}

}  // namespace lockkeeper::proxy::console
