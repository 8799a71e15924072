#include "client/drivers/mysql_option_file.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

#include "client/drivers/mysql_errors.hpp"

namespace lockkeeper::client::mysql {
namespace {

constexpr std::array<std::string_view, 3> groups{"client", "client-server", "client-mariadb"};

std::string_view stripped(std::string_view text) {
  constexpr std::string_view blank = " \t\r";
  const auto start = text.find_first_not_of(blank);
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(blank) + 1 - start);
}

// A value without quotes ends at a '#' that stands alone or follows white space.
std::string_view without_comment(std::string_view value) {
  for (std::size_t at = value.find('#'); at != std::string_view::npos; at = value.find('#', at + 1)) {
    if (at == 0 || value[at - 1] == ' ' || value[at - 1] == '\t') return stripped(value.substr(0, at));
  }
  return value;
}

char meaning_of_escape(char letter) {
  switch (letter) {
    case 'b': return '\b';
    case 't': return '\t';
    case 'n': return '\n';
    case 'r': return '\r';
    case 's': return ' ';
    default: return letter;
  }
}

std::string unescaped(std::string_view value) {
  std::string text;
  for (std::size_t index = 0; index < value.size(); ++index) {
    const bool escape = value[index] == '\\' && index + 1 < value.size();
    text += escape ? meaning_of_escape(value[++index]) : value[index];
  }
  return text;
}

std::string value_of(std::string_view raw) {
  if (raw.size() >= 2 && (raw.front() == '"' || raw.front() == '\'')) {
    const auto end = raw.find(raw.front(), 1);
    if (end != std::string_view::npos) return unescaped(raw.substr(1, end - 1));
  }
  return unescaped(without_comment(raw));
}

}  // namespace

FileOptions parse_option_file(std::string_view text) {
  FileOptions options;
  bool is_ours = false;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = stripped(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || std::string_view("#;!").contains(line.front())) continue;
    if (line.front() == '[') {
      is_ours = std::ranges::find(groups, line.substr(1, line.find(']') - 1)) != groups.end();
      continue;
    }
    if (!is_ours) continue;
    const auto equals = std::min(line.find('='), line.size());
    std::string name(stripped(line.substr(0, equals)));
    std::ranges::replace(name, '_', '-');
    options[name] = value_of(stripped(line.substr(std::min(equals + 1, line.size()))));
  }
  return options;
}

Result<FileOptions> read_option_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) return std::unexpected(configuration_error("the option file \"" + path + "\" cannot be read"));
  return parse_option_file(text.str());
}

}  // namespace lockkeeper::client::mysql
