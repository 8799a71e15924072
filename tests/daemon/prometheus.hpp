// A Prometheus that scrapes one place, and the tool that reads what is scraped.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <memory>

#include <optional>
#include <string>

#include "support/servers.hpp"

namespace lockkeeper::testing {

/// Debian's, as scripts/setup has unpacked it. Used from one thread.
class Prometheus {
 public:
  /// Why this machine has none; empty: it has.
  [[nodiscard]] static std::string reason_to_skip();
  /// What `promtool check metrics` complains of in the text of a scrape; empty: of nothing.
  [[nodiscard]] static std::string complaints(const std::string& metrics);

  /// Scrapes http://127.0.0.1:PORT/metrics once a second. Returns once it can be asked; throws with its log.
  explicit Prometheus(std::uint16_t port);

  /// The value of an expression that has one; nullopt: it has none, or several.
  [[nodiscard]] std::optional<double> value(const std::string& expression) const;
  /// The same, waited for.
  [[nodiscard]] ::testing::AssertionResult becomes(const std::string& expression, double wanted) const;
  [[nodiscard]] std::string log() const;

 private:
  TemporaryFolder folder_;
  std::unique_ptr<SupervisedProcess> process_;
  std::uint16_t port_ = 0;
  mutable std::string last_;  // answer, for whoever waited in vain
};

}  // namespace lockkeeper::testing
