// What workers and pools know, put together as a view.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "proxy/console/command.hpp"
#include "proxy/console/view.hpp"
#include "proxy/worker.hpp"

namespace lockkeeper::proxy::console {

/// What has to be asked for a command. Records are copied for those clients alone that are shown: an exporter that
/// looks at ten thousand clients' pools every few seconds should cost nobody anything.
struct Question {
  bool clients = false;
  bool servers = false;
  bool holders = false;
  bool transactions = false;
  std::optional<std::uint64_t> client;  ///< The transaction of this one.
};
[[nodiscard]] Question question_for(const Command& command) noexcept;

/// One worker's part.
struct Part {
  struct OfPool {
    Statistics statistics;
    std::uint32_t clients = 0;
  };
  std::vector<ClientView> clients;
  std::vector<ServerView> servers;  ///< Connected ones, without user and database.
  std::vector<std::uint32_t> server_pools;
  std::vector<model::RecordedClient> recorded;
  std::map<std::uint32_t, OfPool> pools;
  std::uint32_t logging_in = 0;
};

/// On the worker's own thread.
[[nodiscard]] Part answer(Worker& worker, const Question& question);

/// On any worker's thread; takes what is in the parts.
[[nodiscard]] View put_together(Worker& worker, const Question& question, std::vector<Part>& parts,
                                std::size_t missing);

}  // namespace lockkeeper::proxy::console
