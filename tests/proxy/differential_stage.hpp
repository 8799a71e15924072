// Two servers that are the same, one of them behind the proxy: what a script answers on both is compared.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "proxy/differential_generator.hpp"
#include "proxy/support/proxy_process.hpp"
#include "proxy/support/script.hpp"
#include "support/session.hpp"

namespace lockkeeper::testing {

/// Made once for each setup, and kept for all its cases.
class DifferentialStage {
 public:
  explicit DifferentialStage(const Setup& setup)
      : direct_(start_server(setup)),
        behind_(start_server(setup)),
        proxy_({.setup = setup, .server_port = behind_.port()}),
        direct_admin_(url_of(direct_)),
        behind_admin_(url_of(behind_)) {
    direct_admin_.exec(stage_sql());
    behind_admin_.exec(stage_sql());
  }

  /// The stage of `setup`; only one lives at a time.
  static DifferentialStage& of(const Setup& setup) {
    static std::unique_ptr<DifferentialStage> stage;
    static std::string name;
    if (!stage || name != name_of(setup)) {
      stage.reset();
      stage = std::make_unique<DifferentialStage>(setup);
      name = name_of(setup);
    }
    return *stage;
  }

  struct Outcome {
    Answers direct, proxied;
    [[nodiscard]] bool same() const { return !first_difference(direct, proxied); }
  };

  /// Plays on a fresh stage, on both ways.
  Outcome play_both(const Script& script, std::chrono::milliseconds patience = std::chrono::seconds(8)) {
    behind_admin_.exec(clean_sql());
    Outcome outcome;
    outcome.direct = play_direct(script);
    outcome.proxied = play(script, proxy_.login(), outcome.direct, patience);
    return outcome;
  }

  Answers play_direct(const Script& script) {
    direct_admin_.exec(clean_sql());
    return play(script, login_at(direct_.port()));
  }

  /// Plays through the proxy what the server itself answered before.
  Answers play_proxied(const Script& script, const Answers& direct) {
    behind_admin_.exec(clean_sql());
    return play(script, proxy_.login(), direct);
  }

  /// Empty where both ways answer alike; else the shortest script found, and both transcripts.
  std::string difference(const Script& script, std::chrono::milliseconds shrinking) {
    if (play_both(script).same()) return {};
    const auto differs = [this](const Script& tried) { return !play_both(tried, std::chrono::seconds(2)).same(); };
    const Script shorter = shrink(script, differs, shrinking);
    const Outcome outcome = play_both(shorter);
    if (outcome.same()) return "it differed once, and then no more:\n" + show(script);
    return show_difference(shorter, outcome.direct, outcome.proxied);
  }

  [[nodiscard]] ProxyProcess& proxy() { return proxy_; }

 private:
  static std::string url_of(const PostgresServer& server) {
    return server.url("postgres", "postgres", server_password);
  }

  PostgresServer direct_, behind_;
  ProxyProcess proxy_;
  Session direct_admin_, behind_admin_;
};

}  // namespace lockkeeper::testing
