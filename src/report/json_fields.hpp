// Reading an object's fields one by one. The first that is not as it should be is remembered with its path, and all
// after it give empty values: who reads asks once, at the end.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "model/time.hpp"

namespace lockkeeper::report {

/// What was wrong first.
struct FieldProblem {
  std::string field;
  std::string message;

  [[nodiscard]] bool any() const noexcept { return !message.empty(); }
  void tell(std::string_view where, std::string_view what) {
    if (any()) return;
    field = where;
    message = what;
  }
};

/// The object and the problem must outlive it.
class Fields {
 public:
  Fields(const boost::json::object& object, FieldProblem& problem, std::string path = "")
      : object_(object), problem_(problem), path_(std::move(path)) {}

  [[nodiscard]] std::string text(std::string_view name) const;
  [[nodiscard]] bool boolean(std::string_view name) const;
  [[nodiscard]] std::int64_t integer(std::string_view name) const;
  [[nodiscard]] std::uint64_t count(std::string_view name) const;  ///< Not negative.
  [[nodiscard]] model::WallTime time(std::string_view name) const;

  /// In milliseconds, exact to the microsecond; `name` ends in _ms.
  [[nodiscard]] model::Duration duration(std::string_view name) const;

  /// 16 hexadecimal digits.
  [[nodiscard]] std::uint64_t hexadecimal(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> texts(std::string_view name) const;

  /// Whether there is such a field, and it is not null.
  [[nodiscard]] bool has(std::string_view name) const;
  [[nodiscard]] std::optional<model::WallTime> maybe_time(std::string_view name) const;
  [[nodiscard]] std::optional<std::int64_t> maybe_integer(std::string_view name) const;

  [[nodiscard]] Fields object(std::string_view name) const;

  /// Calls `each` with the Fields of every element, which must be objects.
  template <class Each>
  void objects(std::string_view name, const Each& each) const {
    const auto* list = array(name);
    if (list == nullptr) return;
    for (std::size_t index = 0; index < list->size() && !problem_.any(); ++index) {
      const std::string place = where(name) + "[" + std::to_string(index) + "]";
      if (const auto* one = (*list)[index].if_object()) {
        each(Fields(*one, problem_, place));
      } else {
        problem_.tell(place, "is not an object");
      }
    }
  }

  [[nodiscard]] const boost::json::array* array(std::string_view name) const;

  /// The field's value by its word.
  template <class Words>
  [[nodiscard]] auto word(std::string_view name, const Words& words) const {
    const std::string found = text(name);
    auto result = words.front().first;
    for (const auto& [value, known] : words) {
      if (known == found) return result = value;
    }
    tell(name, "is no word that is known here: \"" + found + "\"");
    return result;
  }

  void tell(std::string_view name, std::string_view message) const { problem_.tell(where(name), message); }

 private:
  [[nodiscard]] const boost::json::value* find(std::string_view name) const;
  [[nodiscard]] std::string where(std::string_view name) const;

  const boost::json::object& object_;
  FieldProblem& problem_;
  std::string path_;
};

}  // namespace lockkeeper::report
