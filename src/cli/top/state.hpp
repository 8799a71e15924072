// What somebody at the terminal is doing, and what a key makes of it. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/top/picture.hpp"
#include "cli/top/screen.hpp"
#include "model/diagnosis.hpp"

namespace lockkeeper::cli::top {

enum class Tab { sessions, findings, waits, transaction, shapes };
enum class Order { what_matters, transaction_age, state_age, blocks, application, pid };

/// What is to be done to sessions, step by step: shown as a dry run, agreed to, done, told.
struct Deed {
  enum class Phase { planning, asking, acting, told };
  Phase phase = Phase::planning;
  model::Action action = model::Action::terminate;
  std::shared_ptr<const model::Finding> finding;  ///< Its sessions, or
  std::optional<model::SessionId> session;        ///< this one.
  std::optional<model::ActionReport> report;      ///< The dry run's, then the action's.
  std::string progress;                           ///< While it acts.
  bool is_hidden = false;                         ///< While it goes on, the screen may be looked at.
  std::size_t scroll = 0;
};

/// Where one is in a list: at whatever was chosen, wherever it has gone; at a place where that is nowhere any more.
template <class Id>
struct Cursor {
  std::optional<Id> chosen;  ///< Empty: the first, whatever it is.
  std::size_t place = 0;     ///< Where it was last.
};

struct State {
  Tab tab = Tab::sessions;
  Tab came_from = Tab::sessions;  ///< Where Escape leads from a transaction.
  Order order = Order::what_matters;
  std::string filter;
  bool is_typing = false;  ///< Into the filter.
  bool shows_idle = false;
  bool is_paused = false;
  bool shows_help = false;
  bool finding_is_open = false;
  Cursor<model::Holder> session;
  Cursor<model::Holder> waiter;
  Cursor<model::FindingId> finding;
  Cursor<std::string> shape;
  std::optional<model::SessionId> transaction;  ///< Whose is looked at; empty: the chosen session's.
  std::size_t scroll = 0;                       ///< Lines that have left a text at its top.
  std::optional<Deed> deed;
  std::string note;  ///< Said until the next key.
  std::chrono::milliseconds interval{1'000};
  std::string limit_arguments;  ///< For the commands that findings name.
  std::string read_only;        ///< Why nothing may be done; empty: it may.
};

struct Key {
  enum class Kind { letter, up, down, page_up, page_down, home, end, enter, escape, backspace, tab, back_tab, none };
  Kind kind = Kind::none;
  std::string letter;  ///< UTF-8.

  static Key of(std::string letter) { return {Kind::letter, std::move(letter)}; }
};

/// What is to happen outside.
struct Effect {
  enum class Kind { none, quit, plan, act, change_interval };
  Kind kind =
      Kind::none;  ///< `plan` and `act`: the state's deed. `change_interval`: look at once, and at its interval.
};

struct Turn {
  State state;
  Effect effect;
};

[[nodiscard]] Turn press(State state, const Key& key, const Picture& picture, Size size);

/// A dry run, or an action, has ended.
[[nodiscard]] State answered(State state, model::ActionReport report);

/// A new look: what was chosen keeps its place, so that the cursor stays near where it has gone.
[[nodiscard]] State looked(State state, const Picture& picture);

[[nodiscard]] std::string_view to_string(Order order) noexcept;

}  // namespace lockkeeper::cli::top
