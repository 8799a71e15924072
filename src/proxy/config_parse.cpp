#include "proxy/config_parse.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <tuple>

#include "base/utf8.hpp"
#include "proxy/config_check.hpp"
#include "proxy/config_settings.hpp"
#include "proxy/config_table.hpp"
#include "proxy/config_values.hpp"

namespace lockkeeper::proxy {
namespace {

constexpr std::size_t most_text = 4 * 1024 * 1024;  // bytes: thousands of databases
constexpr std::size_t most_errors = 100;

// The file's own text, short enough for a message and fit for a terminal.
std::string shown(std::string_view text) {
  constexpr std::size_t longest = 60;
  return base::printable(text.size() <= longest ? std::string(text) : std::string(text.substr(0, longest)) + "...");
}

std::string kind_of(const toml::node& node) {
  if (node.is_table()) return "a table";
  if (node.is_array()) return "a list";
  if (node.is_string()) return "a text";
  if (node.is_boolean()) return "true or false";
  return node.is_number() ? "a number" : "a date or time";
}

// What stands in the file, for "must be ..., not ...".
std::string described(const toml::node& node, bool secret) {
  if (secret) return kind_of(node);
  if (const auto text = node.value_exact<std::string>()) return fmt::format("\"{}\"", shown(*text));
  if (const auto number = node.value_exact<std::int64_t>()) return std::to_string(*number);
  if (const auto number = node.value_exact<double>()) return fmt::format("{}", *number);
  if (const auto flag = node.value_exact<bool>()) return *flag ? "true" : "false";
  return kind_of(node);
}

RawValue raw_value(const toml::node& node) {
  if (const auto text = node.value_exact<std::string>()) return *text;
  if (const auto number = node.value_exact<std::int64_t>()) return *number;
  if (const auto flag = node.value_exact<bool>()) return *flag;
  const toml::array* array = node.as_array();
  if (array == nullptr) return {};
  std::vector<std::string> texts;
  for (const toml::node& part : *array) {
    const auto text = part.value_exact<std::string>();
    if (!text) return {};
    texts.push_back(*text);
  }
  return texts;
}

class Parser {
 public:
  Parser(const std::string& file, Config base) : file_(file), places_(file), config_(std::move(base)) {}

  void read(const toml::table& root) {
    for (auto&& [key, node] : root) {
      if (key.str() == "proxy") {
        read_proxy(key, node);
      } else if (key.str() == "databases") {
        read_named(key, node, database_table(), config_.databases);
      } else if (key.str() == "mysql") {
        read_named(key, node, mysql_table(), config_.mysql);
      } else if (key.str() == "users") {
        read_named(key, node, user_table(), config_.users);
      } else if (key.str() == "servers") {
        read_named(key, node, watched_server_table(), config_.servers);
      } else if (key.str() == "http") {
        read_alone(key, node, http_table(), config_.http);
      } else if (key.str() == "history") {
        read_alone(key, node, history_table(), config_.history);
      } else if (key.str() == "policies") {
        read_named(key, node, policy_table(), config_.policies);
      } else if (key.str() == "alerts") {
        read_named(key, node, alert_table(), config_.alerts);
      } else if (key.str() == "logs") {
        read_named(key, node, log_table(), config_.logs);
      } else {
        complain_of_section(key, node);
      }
    }
  }

  std::expected<Config, ConfigErrors> finish() {
    // What does not fit together is told only of values that were read: the others are still at their defaults.
    if (errors_.empty()) errors_ = check_config(config_, places_);
    if (errors_.empty()) return std::move(config_);
    std::ranges::sort(errors_, {}, [](const ConfigError& one) { return std::tie(one.line, one.column, one.message); });
    if (errors_.size() > most_errors) errors_.resize(most_errors);
    return std::unexpected(std::move(errors_));
  }

 private:
  void add(const toml::source_region& place, std::string message) {
    errors_.push_back({file_, place.begin.line, place.begin.column, std::move(message)});
  }

  void note(const std::string& setting, const toml::source_region& place) {
    places_.note(setting, place.begin.line, place.begin.column);
  }

  void complain_of_section(const toml::key& key, const toml::node& node) {
    constexpr std::array<std::string_view, 10> sections{"proxy", "databases", "mysql",    "users",  "servers",
                                                        "http",  "history",   "policies", "alerts", "logs"};
    const bool is_setting = !node.is_table();
    if (is_setting) {
      const std::string home = home_of(key.str());
      return add(key.source(), fmt::format("{} stands outside of all sections{}", shown(key.str()),
                                           home.empty() ? "" : fmt::format("; it belongs in [{}]", home)));
    }
    const auto near = nearest_word(key.str(), sections);
    add(key.source(), near.empty() ? fmt::format("unknown section [{}]; there are [proxy], [proxy.tls], "
                                                 "[proxy.server_tls], [databases.NAME], [mysql.NAME], [users.NAME], "
                                                 "[servers.NAME], [http], [history], [policies.NAME], "
                                                 "[alerts.NAME] and [logs.NAME]",
                                                 shown(key.str()))
                                   : fmt::format("unknown section [{}]; did you mean [{}]?", shown(key.str()), near));
  }

  void read_proxy(const toml::key& key, const toml::node& node) {
    const toml::table* table = as_section(key, node, "proxy");
    if (table == nullptr) return;
    constexpr std::array<std::string_view, 2> inner{"tls", "server_tls"};
    read_section("proxy", *table, proxy_table(), config_.proxy, inner);
    read_inner("tls", *table, client_tls_table(), config_.proxy.tls);
    read_inner("server_tls", *table, server_tls_table(), config_.proxy.server_tls);
  }

  template <class Section>
  void read_inner(std::string_view name, const toml::table& outer, const SettingTable<Section>& settings,
                  Section& section) {
    const auto place = outer.find(name);
    if (place == outer.end()) return;
    const std::string path = fmt::format("proxy.{}", name);
    const toml::table* table = as_section(place->first, place->second, path);
    if (table != nullptr) read_section(path, *table, settings, section, {});
  }

  template <class Section>
  void read_alone(const toml::key& key, const toml::node& node, const SettingTable<Section>& settings,
                  Section& section) {
    const toml::table* table = as_section(key, node, key.str());
    if (table != nullptr) read_section(std::string(key.str()), *table, settings, section, {});
  }

  template <class Section>
  void read_named(const toml::key& key, const toml::node& node, const SettingTable<Section>& settings,
                  std::map<std::string, Section, std::less<>>& sections) {
    const toml::table* outer = as_section(key, node, key.str());
    if (outer == nullptr) return;
    for (auto&& [name, inner] : *outer) {
      const std::string path = fmt::format("{}.{}", key.str(), name.str());
      const toml::table* table = inner.as_table();
      if (table == nullptr) {
        add(name.source(),
            fmt::format("[{0}] holds sections, one a name, like [{0}.{1}]", key.str(), shown(name.str())));
        continue;
      }
      note(path, name.source());
      read_section(path, *table, settings, sections[std::string(name.str())], {});
    }
  }

  const toml::table* as_section(const toml::key& key, const toml::node& node, std::string_view path) {
    const toml::table* table = node.as_table();
    if (table == nullptr) {
      add(key.source(), fmt::format("{} must be a section, [{}], not {}", shown(key.str()), path, kind_of(node)));
    } else {
      note(std::string(path), key.source());
    }
    return table;
  }

  template <class Section>
  void read_section(const std::string& path, const toml::table& table, const SettingTable<Section>& settings,
                    Section& section, std::span<const std::string_view> inner) {
    for (auto&& [key, node] : table) {
      if (std::ranges::find(inner, key.str()) != inner.end()) continue;
      const auto setting =
          std::ranges::find_if(settings, [&](const Setting<Section>& one) { return one.name == key.str(); });
      if (setting == settings.end()) {
        complain_of_key(path, key, settings, inner);
        continue;
      }
      note(fmt::format("{}.{}", path, key.str()), node.source());
      if (setting->set(section, raw_value(node))) continue;
      add(node.source(), fmt::format("{} must be {}, not {}{}", setting->name, setting->values,
                                     described(node, setting->secret), nearest_value(*setting, node)));
    }
  }

  template <class Section>
  void complain_of_key(const std::string& path, const toml::key& key, const SettingTable<Section>& settings,
                       std::span<const std::string_view> inner) {
    std::vector<std::string_view> names(inner.begin(), inner.end());
    for (const auto& setting : settings) names.push_back(setting.name);
    std::string hint;
    if (const auto near = nearest_word(key.str(), names); !near.empty()) {
      hint = fmt::format("; did you mean {}?", near);
    } else if (const std::string home = home_of(key.str()); !home.empty()) {
      hint = fmt::format("; it belongs in [{}]", home);
    }
    add(key.source(), fmt::format("unknown key {} in [{}]{}", shown(key.str()), shown(path), hint));
  }

  static std::string home_of(std::string_view name) {
    const auto all = proxy::settings();
    const auto info = std::ranges::find(all, name, &SettingInfo::name);
    return info == all.end() ? std::string() : info->section;
  }

  // "; did you mean "transaction"?": the words of a choice stand in quotes in its values.
  template <class Section>
  static std::string nearest_value(const Setting<Section>& setting, const toml::node& node) {
    const auto text = node.value_exact<std::string>();
    if (!text || !setting.values.starts_with('"')) return "";
    std::vector<std::string_view> words;
    std::string_view rest = setting.values;
    for (std::size_t open = rest.find('"'); open != std::string_view::npos; open = rest.find('"')) {
      const std::size_t close = rest.find('"', open + 1);
      words.push_back(rest.substr(open + 1, close - open - 1));
      rest.remove_prefix(close + 1);
    }
    const auto near = nearest_word(*text, words);
    return near.empty() ? "" : fmt::format("; did you mean \"{}\"?", near);
  }

  const std::string& file_;
  ConfigPlaces places_;
  Config config_;
  ConfigErrors errors_;
};

}  // namespace

std::expected<Config, ConfigErrors> parse_config(std::string_view text, const std::string& file, Config base) {
  if (text.size() > most_text) {
    return std::unexpected(ConfigErrors{{file, 0, 0, fmt::format("it has more than {} bytes", most_text)}});
  }
  try {
    const toml::table root = toml::parse(text, file);
    Parser parser(file, std::move(base));
    parser.read(root);
    return parser.finish();
  } catch (const toml::parse_error& error) {
    const auto& place = error.source().begin;
    return std::unexpected(
        ConfigErrors{{file, place.line, place.column, base::printable(std::string(error.description()))}});
  }
}

}  // namespace lockkeeper::proxy
