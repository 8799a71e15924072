// The sessions of a busy server, simulated: what a collector would see of them at each second of a day.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "model/snapshot.hpp"

namespace lockkeeper::bench {

/// Applications whose clients run transactions of several shapes, with gaps between their statements. One session in
/// hundred forgets its transaction each hour, for ten minutes.
class Crowd {
 public:
  Crowd(std::int64_t sessions, std::uint64_t seed, model::WallTime now);

  /// All sessions, `second` seconds after the beginning.
  [[nodiscard]] model::Snapshot at(std::int64_t second);

 private:
  struct Place {  // of a program at which a transaction goes idle
    model::Statement statement;
    double usual_gap = 0;  // seconds, the median
  };
  struct Client {
    model::Session session;
    double until = 0;  // second at which its state changes
    std::size_t place = 0;
  };

  void change(Client& client, double now);
  void begin(Client& client, double now);
  void go_idle(Client& client, double now);
  void finish(Client& client, double now);
  void leak(std::int64_t second);
  [[nodiscard]] model::WallTime time(double second) const;
  [[nodiscard]] double around(double median);  // lognormal

  std::mt19937_64 random_;
  model::WallTime began_;
  std::vector<Place> places_;
  std::vector<Client> clients_;
};

}  // namespace lockkeeper::bench
