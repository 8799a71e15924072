// The parameters that a server reports by itself (ParameterStatus), and which of them follow their client from one
// server connection to the next.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lockkeeper::track::postgres {

/// Whether a parameter, in any case of letters, is one that the server reports and a session may set: it follows its
/// client.
[[nodiscard]] bool follows_client(std::string_view parameter) noexcept;
/// Those, in lower case.
[[nodiscard]] std::span<const std::string_view> parameters_that_follow() noexcept;

/// Values by name, as the server writes it. Copies share what they have in common: thousands of clients are told the
/// same.
/// Whether it decides what a text means when it is prepared, in any case. Of those that the server reports: what else
/// decides has the server read the text again by itself (search_path, the role), or keeps the client where it is.
[[nodiscard]] bool decides_reading(std::string_view parameter) noexcept;

/// What a session that has `current` would have once `asked` is set: a DateStyle without an order (pgjdbc asks for ISO)
/// keeps the order that was there, which must be that of the client's own login, not of whoever was there before.
[[nodiscard]] std::string completed(std::string_view parameter, std::string_view asked, std::string_view current);

class Parameters {
 public:
  using Reading = std::shared_ptr<const std::string>;
  using Values = std::map<std::string, std::string, std::less<>>;
  using Pair = std::pair<std::string_view, std::string_view>;
  Parameters() = default;
  Parameters(std::initializer_list<Values::value_type> values) {
    for (const auto& [name, value] : values) set(name, value);
  }

  /// By name. Valid until the next `set` or `share`.
  [[nodiscard]] std::vector<Pair> all() const;
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  void set(std::string_view name, std::string_view value);
  /// Copies that are made from now on cost nothing until they differ.
  void share();

  /// What a client that has these finds otherwise on that server connection: names and values to be set there. Of those
  /// that the server reports, and that follow. Two that were found equal are not compared again until one changes: a
  /// pool's connections are handed over thousands of times a second, and their clients hardly ever differ.
  [[nodiscard]] std::vector<Pair> missing_on(Parameters& server);
  /// Whether they are not compared.
  [[nodiscard]] bool known_equal(const Parameters& server) const noexcept {
    return equal_ != 0 && equal_ == server.equal_;
  }

  /// standard_conforming_strings is off.
  [[nodiscard]] bool backslashes_escape() const noexcept { return backslashes_escape_; }

  /// Of those that decide what a text means when it is prepared, names and values: '2026-01-02 03:04'::timestamptz is a
  /// constant from then on, in the time zone of then. Never nullptr. Copies share it. Valid until the next `set`.
  [[nodiscard]] const Reading& reading() const;
  /// Equal to no other. Any thread.
  [[nodiscard]] static Reading own_reading();

 private:
  std::shared_ptr<const Values> common_;
  Values own_;               // What is otherwise in `common_`, or not there.
  mutable Reading reading_;  // nullptr: to be made.
  bool backslashes_escape_ = false;
  std::uint64_t equal_ = 0;  // Those with the same number have the same values of all that follow. 0: not known of any.
};

}  // namespace lockkeeper::track::postgres
