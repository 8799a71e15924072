// One incident, as a demonstration plays it: the trouble, brought about for real, and the same in the library.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "demo/library.hpp"
#include "demo/stage.hpp"

namespace lockkeeper::demo {

/// What an incident knows of the trouble that it has made: what the doctor has to say without having been told.
struct Truth {
  std::string rule;                     ///< That has to speak, ...
  std::set<std::int64_t> sessions;      ///< ... of these sessions of the server and no others.
  std::vector<std::string> also = {};   ///< Rules that have to speak too, of this application.
  std::vector<std::string> words = {};  ///< What the findings have to name: application, statements.
  /// Ends one of them, where that is all it takes; else all are ended.
  std::optional<std::int64_t> end_only = {};
};

/// Brings the trouble about, once. Belongs to one thread. Its destructor waits for its programs: the stage has ended
/// before, which makes them end.
class Trouble {
 public:
  Trouble() = default;
  Trouble(const Trouble&) = delete;
  Trouble& operator=(const Trouble&) = delete;
  virtual ~Trouble() = default;

  /// Returns once it is there, having told what happens. False: it did not come about.
  [[nodiscard]] virtual bool begin() = 0;
  [[nodiscard]] virtual Truth truth() const = 0;
  /// Whether those who waited have gone on, once the sessions were ended; tells of it.
  [[nodiscard]] virtual bool others_went_on() = 0;
};

/// One line of the catalogue.
struct Incident {
  int number = 0;
  std::string_view name;
  std::string_view mistake;
  std::string_view story;  ///< A few sentences.
  PoolWish pool = {};
  std::unique_ptr<Trouble> (*trouble)(Stage& stage) = nullptr;
  /// The same mistake in a program that uses the library.
  Refusal (*refuse)(Library& library) = nullptr;
  std::size_t library_connections = 4;
};

[[nodiscard]] const Incident& webhook();
[[nodiscard]] const Incident& post();
[[nodiscard]] const Incident& counter();
[[nodiscard]] const Incident& refund();
[[nodiscard]] const Incident& lonely_test();

/// All five, in order.
[[nodiscard]] std::vector<const Incident*> all_incidents();

/// By number or name; nullptr: there is none.
[[nodiscard]] const Incident* incident_named(std::string_view word);

}  // namespace lockkeeper::demo
