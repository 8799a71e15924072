// What all workers of one proxy share. Everything in it may be used from any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/mutex.hpp"
#include "io/loop.hpp"
#include "io/tls.hpp"
#include "model/diagnosis.hpp"
#include "model/fact.hpp"
#include "proxy/auth/users.hpp"
#include "proxy/config.hpp"
#include "proxy/mysql/password_key.hpp"
#include "proxy/orphan.hpp"
#include "proxy/pools.hpp"

namespace lockkeeper::proxy {

/// One state of the configuration with what was read for it; a reload makes another.
struct Setup {
  Config config;
  std::shared_ptr<const Users> users;
  std::shared_ptr<const io::TlsContext> client_tls;  ///< nullptr: clients get no TLS.
  std::shared_ptr<const io::TlsContext> server_tls;  ///< nullptr: servers are asked for none.
};

/// Facts on their way out, for a while: bounded in number and age, the oldest go. Those that went before anybody had
/// seen them are lost.
class FactQueue {
 public:
  explicit FactQueue(std::size_t most) : most_(most) {}
  /// Leaves `facts` empty.
  void add(std::vector<model::Fact>& facts, io::TimePoint now);

  struct Seen {
    std::vector<model::Fact> facts;
    std::uint64_t lost = 0;  ///< Of the last `memory`.
  };
  [[nodiscard]] Seen look(io::TimePoint now);

  /// How long facts, and that some were lost, are told of.
  static constexpr std::chrono::minutes memory{10};

 private:
  struct Entry {
    io::TimePoint added;
    model::Fact fact;
  };
  void drop_oldest(io::TimePoint now) LK_REQUIRES(mutex_);

  const std::size_t most_;
  base::Mutex mutex_;
  std::deque<Entry> facts_ LK_GUARDED_BY(mutex_);
  std::size_t seen_ LK_GUARDED_BY(mutex_) = 0;     // of facts_, from the oldest
  std::uint64_t added_ LK_GUARDED_BY(mutex_) = 0;  // ever
  std::uint64_t lost_ LK_GUARDED_BY(mutex_) = 0;
  io::TimePoint lost_at_ LK_GUARDED_BY(mutex_){};  // the last of them
};

/// Which client a cancel request means. Keys are ours: a server's never reach a client.
class CancelKeys {
 public:
  struct Key {
    std::uint32_t pid = 0;
    std::string secret;
  };
  struct Owner {
    std::uint32_t worker = 0;
    pool::ClientId client;
  };
  /// A new key, with a secret of so many bytes (4 in protocol 3.0, more in 3.2); nullopt without randomness.
  [[nodiscard]] std::optional<Key> make(const Owner& owner, std::size_t secret_size);
  void remove(std::uint32_t pid);
  [[nodiscard]] std::optional<Owner> find(std::uint32_t pid, std::string_view secret) const;

 private:
  struct Entry {
    std::string secret;
    Owner owner;
  };
  mutable base::Mutex mutex_;
  std::unordered_map<std::uint32_t, Entry> entries_ LK_GUARDED_BY(mutex_);
  std::uint32_t last_ LK_GUARDED_BY(mutex_) = 0;
};

/// How many clients each user has at each server of [mysql.NAME].
class UserCounts {
 public:
  /// False: the user has so many already. `most` 0: no limit.
  [[nodiscard]] bool enter(const std::string& server, const std::string& user, std::uint32_t most);
  void leave(const std::string& server, const std::string& user);

 private:
  base::Mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::uint32_t> counts_ LK_GUARDED_BY(mutex_);
};

enum class LogLevel { error, warning, info, debug };

/// Those who wait on the console for all that is known, as text. It is too much to be made on a worker's thread:
/// whoever conducts makes it.
class DumpWishes {
 public:
  using Text = std::shared_ptr<const std::string>;
  [[nodiscard]] std::future<Text> add();
  [[nodiscard]] bool any() const;
  void grant(std::string text);

 private:
  mutable base::Mutex mutex_;
  std::vector<std::promise<Text>> wishes_ LK_GUARDED_BY(mutex_);
};

struct Shared {
  Shared(std::uint32_t workers, std::uint64_t seed, std::shared_ptr<const Setup> first)
      : worker_count(workers), pools(workers, seed), facts(most_facts), setup_(std::move(first)) {}

  /// Some minutes of a busy application's transactions; a fact is some hundred bytes, its record a few kilobytes at
  /// most.
  static constexpr std::size_t most_facts = 16'384;

  const std::uint32_t worker_count;
  const io::TimePoint started = io::Clock::now();
  Pools pools;
  FactQueue facts;
  CancelKeys cancels;
  UserCounts mysql_users;
  std::shared_ptr<const PasswordKey>
      password_key;  ///< Set before the workers start; nullptr: no MySQL here, or no RSA.
  DumpWishes dump_wishes;
  std::atomic<std::uint32_t> clients{0};           ///< Past their start-up packet.
  std::atomic<std::uint32_t> departed{0};          ///< Clients, since Proxy::crowd_has_left last said so.
  std::atomic<std::uint64_t> ended_on_console{0};  ///< Clients, by KILL and KILL_CLIENT.
  std::atomic<bool> draining{false};
  std::function<void(LogLevel, std::string_view)> log;

  [[nodiscard]] std::shared_ptr<const Setup> setup() const {
    const base::Guard guard(mutex_);
    return setup_;
  }
  void set_setup(std::shared_ptr<const Setup> next) {
    const base::Guard guard(mutex_);
    setup_ = std::move(next);
  }
  /// What RELOAD on the console does: reads the configuration again and puts it in force. An error's text, or empty.
  /// Called on a worker's thread: it may read a few small files, and must not ask workers or wait for anything.
  using Reload = std::function<std::string()>;
  [[nodiscard]] Reload reload() const {
    const base::Guard guard(mutex_);
    return reload_;
  }
  void set_reload(Reload reload) {
    const base::Guard guard(mutex_);
    reload_ = std::move(reload);
  }
  /// Told of each orphan; nobody, by default.
  void set_on_orphan(OnOrphan what) {
    const base::Guard guard(mutex_);
    on_orphan_ = std::move(what);
  }
  void orphaned(const Orphan& orphan) const {
    OnOrphan told;
    {
      const base::Guard guard(mutex_);
      told = on_orphan_;
    }
    if (told) told(orphan);
  }
  /// What was concluded of all this, for those who ask the proxy itself.
  [[nodiscard]] std::shared_ptr<const model::Diagnosis> diagnosis() const {
    const base::Guard guard(mutex_);
    return diagnosis_;
  }
  void set_diagnosis(std::shared_ptr<const model::Diagnosis> diagnosis) {
    const base::Guard guard(mutex_);
    diagnosis_ = std::move(diagnosis);
  }

 private:
  mutable base::Mutex mutex_;
  std::shared_ptr<const Setup> setup_ LK_GUARDED_BY(mutex_);
  std::shared_ptr<const model::Diagnosis> diagnosis_ LK_GUARDED_BY(mutex_);
  Reload reload_ LK_GUARDED_BY(mutex_);
  OnOrphan on_orphan_ LK_GUARDED_BY(mutex_);
};

}  // namespace lockkeeper::proxy
