#include "report/build_facts.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "report/json.hpp"

namespace lockkeeper::report {

std::string to_text(const BuildFacts& facts) {
  std::string libraries;
  for (const auto& each : facts.libraries)
    libraries += fmt::format("{}{} {}", libraries.empty() ? "" : ", ", each.name, each.version);
  const auto or_else = [](const std::string& text, const char* otherwise) { return text.empty() ? otherwise : text; };
  return fmt::format(
      "lockkeeper {}\n"
      "commit      {}{}\n"
      "compiler    {}, {}\n"
      "sanitizers  {}\n"
      "dashboard   {}\n"
      "libraries   {}\n",
      facts.version, or_else(facts.commit, "unknown"), facts.is_changed ? ", and changes" : "", facts.compiler,
      or_else(facts.build_type, "no build type"), or_else(facts.sanitizers, "none"),
      facts.has_dashboard ? "in this program" : "not in this program", libraries);
}

std::string to_json(const BuildFacts& facts) {
  boost::json::array libraries;
  for (const auto& each : facts.libraries)
    libraries.push_back(boost::json::object{{"name", each.name}, {"version", each.version}});
  const auto or_null = [](const std::string& text) {
    return text.empty() ? boost::json::value(nullptr) : boost::json::value(text);
  };
  return boost::json::serialize(boost::json::object{{"version", schema_version},
                                                    {"program", facts.version},
                                                    {"commit", or_null(facts.commit)},
                                                    {"changed", facts.is_changed},
                                                    {"compiler", facts.compiler},
                                                    {"build_type", or_null(facts.build_type)},
                                                    {"sanitizers", or_null(facts.sanitizers)},
                                                    {"dashboard", facts.has_dashboard},
                                                    {"libraries", libraries}}) +
         "\n";
}

}  // namespace lockkeeper::report
