// What the daemon does to sessions: what its policies decide, and what somebody asks for over HTTP.
#pragma once

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "collectors.hpp"
#include "diagnose/board.hpp"
#include "diagnose/policy.hpp"
#include "model/diagnosis.hpp"
#include "rules/limits.hpp"

namespace lockkeeper {

/// Thread-safe. Acts over connections of its own, so that no look waits for a deed.
class Deeds {
 public:
  /// On the thread that does it.
  struct Hooks {
    /// These are about to be ended, unless they move on.
    std::function<void(const std::string& server, const std::vector<model::SessionId>& sessions)> before;
    /// What a policy did, or would have.
    std::function<void(const std::string& server, const std::string& actor, const model::ActionReport& report)> after;
  };

  /// `collectors` and `board` must outlive it. `audit` empty: there is no place for it, and nothing is done.
  Deeds(const Collectors& collectors, const diagnose::Board& board, rules::Limits limits, std::filesystem::path audit,
        Hooks hooks);
  Deeds(const Deeds&) = delete;
  Deeds& operator=(const Deeds&) = delete;
  /// A deed that is being done is finished, at most for its timeout; decisions that wait are dropped.
  ~Deeds();

  /// How to reach a server; before anything is done to it.
  void know(std::string server, std::string url);

  /// From now on these.
  void set_policies(std::vector<diagnose::Policy> policies);

  /// Decides on what was found, and has it done soon.
  void look(const diagnose::View& view);

  /// Now, on this thread. A finding is the board's: it is not looked for again, its sessions are.
  [[nodiscard]] model::ActionReport act(const std::string& server, diagnose::ActionRequest request);

 private:
  struct Deed {
    std::string server;
    diagnose::Policy policy;
    std::shared_ptr<const model::Finding> finding;
    model::Session session;
    bool act = false;
    std::string reason;
    model::ActionReport seen;  ///< The server, and when it was seen so.
    std::string role;
  };
  void run();
  void carry_out(const Deed& deed);
  [[nodiscard]] model::ActionReport act_for(const Deed& deed);
  [[nodiscard]] model::ActionReport only_tell(const Deed& deed) const;
  [[nodiscard]] std::string url_of(const std::string& server) const;

  const Collectors& collectors_;
  const diagnose::Board& board_;
  const rules::Limits limits_;
  const std::filesystem::path audit_;
  const Hooks hooks_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::string, std::less<>> urls_;
  std::vector<diagnose::Policy> policies_;
  diagnose::PolicyDesk desk_;
  std::deque<Deed> waiting_;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace lockkeeper
