// Two servers that are the same, one of them behind the proxy: what a script answers on both is compared.
#pragma once

#include <algorithm>
#include <chrono>
#include <exception>
#include <memory>
#include <string>
#include <utility>

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

  /// The stage of `setup`; only one lives at a time. `anew`: with servers of its own, whatever has become of the
  /// others.
  static DifferentialStage& of(const Setup& setup, bool anew = false) {
    static std::unique_ptr<DifferentialStage> stage;
    static std::string name;
    if (!stage || anew || name != name_of(setup)) {
      stage.reset();
      stage = std::make_unique<DifferentialStage>(setup);
      name = name_of(setup);
    }
    return *stage;
  }

  struct Outcome {
    Answers direct, proxied;
    /// As far as it can be.
    [[nodiscard]] bool is_alike() const { return !first_difference(direct, proxied) || is_known(); }
    /// A Bind in a failed transaction that is wrong in itself: what it is wrong about is not known where the statement
    /// cannot be made any more. And what ends a connection in the middle of COPY may be a message of ours.
    [[nodiscard]] bool is_known() const {
      const auto at = first_difference(direct, proxied);
      if (!at || *at >= direct.size() || *at >= proxied.size()) return false;
      const auto& [one, other] = std::pair(direct[*at].messages, proxied[*at].messages);
      const auto [left, right] = std::ranges::mismatch(one, other);
      if (left == one.end() || right == other.end() || first_error({*left}) != "08P01") return false;
      const std::string error = first_error({*right});
      return error == "25P02" || (error == "08P01" && direct[*at].ended && proxied[*at].ended);
    }
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

  /// What it does not say twice is no measure: a server that was kept from its work for longer than a step's `busy` is
  /// overtaken by what other clients do next.
  bool says_it_again(const Script& script, const Answers& direct) {
    return !first_difference(direct, play_direct(script));
  }

  /// Plays through the proxy what the server itself answered before.
  Answers play_proxied(const Script& script, const Answers& direct) {
    behind_admin_.exec(clean_sql());
    return play(script, proxy_.login(), direct);
  }

  /// Whether the server itself ends when it is asked this directly. The stage is of no use after that.
  bool ends_the_server(const Script& script) {
    try {
      play_direct(script);
      direct_admin_.exec("SELECT 1");
      return false;
    } catch (const std::exception&) {
      return true;
    }
  }

  /// Empty where both ways answer alike; else the shortest script found, and both transcripts.
  std::string difference(const Script& script, std::chrono::milliseconds shrinking) {
    Outcome first = play_both(script);
    for (int more = 3; more > 0 && !first.is_alike() && !says_it_again(script, first.direct); --more)
      first = play_both(script);
    if (first.is_alike()) return {};
    const auto differs = [this](const Script& tried) { return !play_both(tried, std::chrono::seconds(2)).is_alike(); };
    const Script shorter = shrink(script, differs, shrinking);
    const Outcome outcome = play_both(shorter);
    if (outcome.is_alike())
      return "it differed once, and then no more:\n" + show_difference(script, first.direct, first.proxied);
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
