// Where the daemon's conductors put what they know, and its faces read it: one view a server, the newest, and the
// connections' states of the last hour.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.hpp"
#include "diagnose/conductor.hpp"
#include "model/diagnosis.hpp"
#include "model/gap_shape.hpp"
#include "model/history.hpp"
#include "model/recording.hpp"
#include "model/snapshot.hpp"

namespace lockkeeper::diagnose {

/// Somebody whom others wait for and who waits for nobody.
struct RootView {
  model::Holder holder;
  std::vector<model::SessionId> behind;  ///< Who waits, directly or through others.
  std::vector<model::SessionId> freed;   ///< Of those, who could go on if it were ended.
  model::Duration longest_wait{};
};

/// What is known of one server now. Immutable once it is published.
struct View {
  std::string name;  ///< The daemon's word for the server, in URLs and labels.
  model::Diagnosis diagnosis;
  Observed observed;
  std::vector<RootView> roots;
  std::vector<std::vector<model::SessionId>> rings;  ///< Who wait for one another.
  std::vector<model::ShapeSummary> shapes;
  std::vector<model::GapCounts> gaps;
  model::WallTime published_at;  ///< Our clock.
};

/// The view of a conductor's last tick.
[[nodiscard]] std::shared_ptr<const View> make_view(std::string name, const Conductor& conductor,
                                                    model::Diagnosis diagnosis, model::WallTime now);

/// The connections of a view by their states; nullopt where nothing was seen: the server could not be looked at, and no
/// recorder stands before it.
[[nodiscard]] std::optional<model::ConnectionSample> sample_of(const View& view);

/// Thread-safe.
class Board {
 public:
  static constexpr std::size_t most_samples = 3'600;  ///< Of a server: an hour at one look a second.

  /// Declares a server before its first look, so that it is listed from the beginning.
  void expect(std::string name, std::string url);

  void publish(std::shared_ptr<const View> view);

  /// Of all servers, by name; of one that has not been looked at yet, a view whose diagnosis has no looks.
  [[nodiscard]] std::vector<std::shared_ptr<const View>> views() const;
  /// nullptr: there is no such server.
  [[nodiscard]] std::shared_ptr<const View> view(std::string_view name) const;

  /// Samples taken after `after`, oldest first.
  [[nodiscard]] std::vector<model::ConnectionSample> samples(std::string_view name, model::WallTime after) const;

  /// Rises with every view that is published.
  [[nodiscard]] std::uint64_t version() const;
  /// Waits until the version is not `seen` any more; returns the version then, or `seen` at the deadline.
  [[nodiscard]] std::uint64_t wait(std::uint64_t seen, std::chrono::steady_clock::time_point deadline) const;

 private:
  struct Entry {
    std::shared_ptr<const View> view;
    std::deque<model::ConnectionSample> samples;
  };
  mutable base::Mutex mutex_;
  mutable std::condition_variable_any changed_;
  std::map<std::string, Entry, std::less<>> servers_ LK_GUARDED_BY(mutex_);
  std::uint64_t version_ LK_GUARDED_BY(mutex_) = 0;
};

}  // namespace lockkeeper::diagnose
