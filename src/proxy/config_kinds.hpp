// Kinds of settings: how each is read from the file and written again. For config_table.cpp alone.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/config_table.hpp"
#include "proxy/config_values.hpp"

namespace lockkeeper::proxy::kinds {

inline constexpr bool at_reload = true;
inline constexpr bool at_restart = false;

/// A setting's value whether it is a plain one or one that may be left unset.
template <class Value>
const Value* value_of(const Value& value) {
  return &value;
}
template <class Value>
const Value* value_of(const std::optional<Value>& value) {
  return value ? &*value : nullptr;
}

template <class Section, class Member>
auto keeper(Member Section::* member) {
  return [member](Section& section, const Section& other) { section.*member = other.*member; };
}

inline std::string in_quotes(std::string_view text) {
  std::string result = "\"";
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') result += '\\';
    result += letter;
  }
  return result + '"';
}

template <class Section, class Member>
Setting<Section> flag(std::string_view name, Member Section::* member, bool reloadable, std::string_view description) {
  return {name,
          "true or false",
          false,
          reloadable,
          description,
          [member](Section& section, const RawValue& raw) {
            const bool* value = std::get_if<bool>(&raw);
            if (value != nullptr) section.*member = *value;
            return value != nullptr;
          },
          keeper<Section>(member),
          [member](const Section& section) -> std::string {
            const bool* value = value_of(section.*member);
            return value == nullptr ? "" : (*value ? "true" : "false");
          }};
}

struct Bounds {
  std::uint32_t least = 0;
  std::uint32_t most = 0;
};

template <class Section, class Member>
Setting<Section> whole(std::string_view name, Member Section::* member, Bounds bounds, bool reloadable,
                       std::string_view description) {
  return {name,
          fmt::format("a whole number from {} to {}", bounds.least, bounds.most),
          false,
          reloadable,
          description,
          [member, bounds](Section& section, const RawValue& raw) {
            const std::int64_t* value = std::get_if<std::int64_t>(&raw);
            if (value == nullptr || *value < bounds.least || *value > bounds.most) return false;
            section.*member = static_cast<std::uint32_t>(*value);
            return true;
          },
          keeper<Section>(member),
          [member](const Section& section) -> std::string {
            const std::uint32_t* value = value_of(section.*member);
            return value == nullptr ? "" : std::to_string(*value);
          }};
}

template <class Section>
Setting<Section> size(std::string_view name, std::uint64_t Section::* member, std::uint64_t least, std::uint64_t most,
                      bool reloadable, std::string_view description) {
  return {name,
          fmt::format("a size from \"{}\" to \"{}\"", write_size(least), write_size(most)),
          false,
          reloadable,
          description,
          [=](Section& section, const RawValue& raw) {
            std::optional<std::uint64_t> value;
            if (const auto* text = std::get_if<std::string>(&raw)) value = parse_size(*text);
            const auto* bytes = std::get_if<std::int64_t>(&raw);
            if (bytes != nullptr && *bytes >= 0) value = static_cast<std::uint64_t>(*bytes);
            if (!value || *value < least || *value > most) return false;
            section.*member = *value;
            return true;
          },
          keeper<Section>(member),
          [member](const Section& section) { return in_quotes(write_size(section.*member)); }};
}

enum class Off { allowed, never };  ///< Whether a duration may be 0.

template <class Section, class Member>
Setting<Section> duration(std::string_view name, Member Section::* member, Off off, bool reloadable,
                          std::string_view description) {
  return {name,
          off == Off::allowed ? "a duration like \"250ms\", \"30s\", \"5min\" or \"1h\", or 0 (off)"
                              : "a duration like \"250ms\", \"30s\", \"5min\" or \"1h\", more than 0",
          false,
          reloadable,
          description,
          [member, off](Section& section, const RawValue& raw) {
            std::optional<ConfigDuration> value;
            if (const auto* text = std::get_if<std::string>(&raw)) value = parse_config_duration(*text);
            const auto* number = std::get_if<std::int64_t>(&raw);
            if (number != nullptr && *number == 0) value = ConfigDuration(0);
            if (!value || (off == Off::never && value->count() == 0)) return false;
            section.*member = *value;
            return true;
          },
          keeper<Section>(member),
          [member](const Section& section) -> std::string {
            const ConfigDuration* value = value_of(section.*member);
            if (value == nullptr) return "";
            return value->count() == 0 ? "0" : in_quotes(write_config_duration(*value));
          }};
}

template <class Choice, class Section, class Member>
Setting<Section> choice(std::string_view name, Member Section::* member, bool reloadable,
                        std::string_view description) {
  std::string values;
  const auto words = choices<Choice>();
  for (std::size_t index = 0; index < words.size(); ++index) {
    const std::string_view before = index == 0 ? "" : (index + 1 == words.size() ? " or " : ", ");
    values += fmt::format("{}{}", before, in_quotes(words[index]));
  }
  return {name,
          std::move(values),
          false,
          reloadable,
          description,
          [member](Section& section, const RawValue& raw) {
            const auto* text = std::get_if<std::string>(&raw);
            const auto value = text == nullptr ? std::nullopt : parse_choice<Choice>(*text);
            if (value) section.*member = *value;
            return value.has_value();
          },
          keeper<Section>(member),
          [member](const Section& section) -> std::string {
            const Choice* value = value_of(section.*member);
            return value == nullptr ? "" : in_quotes(write_choice(*value));
          }};
}

constexpr std::size_t longest_text = 4096;  ///< A path's greatest length; no other text is as long.

template <class Section>
Setting<Section> text(std::string_view name, std::string Section::* member, bool reloadable,
                      std::string_view description) {
  return {name,
          "a text",
          false,
          reloadable,
          description,
          [member](Section& section, const RawValue& raw) {
            const auto* value = std::get_if<std::string>(&raw);
            if (value == nullptr || value->size() > longest_text || value->contains('\0')) return false;
            section.*member = *value;
            return true;
          },
          keeper<Section>(member),
          [member](const Section& section) { return (section.*member).empty() ? "" : in_quotes(section.*member); }};
}

template <class Section>
Setting<Section> secret(std::string_view name, Secret Section::* member, bool reloadable,
                        std::string_view description) {
  return {name,
          "a text",
          true,
          reloadable,
          description,
          [member](Section& section, const RawValue& raw) {
            const auto* value = std::get_if<std::string>(&raw);
            if (value == nullptr || value->size() > longest_text || value->contains('\0')) return false;
            section.*member = Secret(*value);
            return true;
          },
          keeper<Section>(member),
          [member](const Section& section) { return (section.*member).empty() ? "" : "\"...\""; }};
}

template <class Section>
Setting<Section> list(std::string_view name, std::vector<std::string> Section::* member, std::string_view values,
                      bool reloadable, std::string_view description) {
  return {name,
          std::string(values),
          false,
          reloadable,
          description,
          [member](Section& section, const RawValue& raw) {
            const auto* value = std::get_if<std::vector<std::string>>(&raw);
            if (value != nullptr) section.*member = *value;
            return value != nullptr;
          },
          keeper<Section>(member),
          [member](const Section& section) {
            std::vector<std::string> parts;
            for (const std::string& part : section.*member) parts.push_back(in_quotes(part));
            return fmt::format("[{}]", fmt::join(parts, ", "));
          }};
}

}  // namespace lockkeeper::proxy::kinds
