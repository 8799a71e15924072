#include "cli/top/state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "cli/duration.hpp"
#include "cli/top/layout.hpp"
#include "cli/top/lists.hpp"

namespace lockkeeper::cli::top {
namespace {

using Kind = Key::Kind;
using namespace std::chrono_literals;

constexpr std::size_t longest_filter = 60;
constexpr std::array tabs{Tab::sessions, Tab::findings, Tab::waits, Tab::transaction, Tab::shapes};
constexpr std::array<std::chrono::milliseconds, 8> intervals{250ms, 500ms, 1s, 2s, 5s, 10s, 30s, 60s};

Turn nothing(State state) { return {std::move(state), {}}; }

Turn says(State state, std::string note) {
  state.note = std::move(note);
  return nothing(std::move(state));
}

// How far a key goes; nullopt: it does not move.
std::optional<std::ptrdiff_t> step_of(Kind kind, std::size_t page) {
  const auto whole = static_cast<std::ptrdiff_t>(std::max<std::size_t>(page, 1));
  constexpr std::ptrdiff_t all = 1'000'000'000;
  switch (kind) {
    case Kind::up: return -1;
    case Kind::down: return 1;
    case Kind::page_up: return -whole;
    case Kind::page_down: return whole;
    case Kind::home: return -all;
    case Kind::end: return all;
    default: return std::nullopt;
  }
}

std::size_t moved(std::size_t place, std::ptrdiff_t step, std::size_t size) {
  if (size == 0) return 0;
  return static_cast<std::size_t>(
      std::clamp<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(place) + step, 0, static_cast<std::ptrdiff_t>(size) - 1));
}

template <class Id>
void move(Cursor<Id>& cursor, const std::vector<Id>& ids, std::ptrdiff_t step, Kind kind) {
  const auto place = place_of(cursor, ids);
  if (!place) return;
  cursor.place = moved(*place, step, ids.size());
  cursor.chosen = ids[cursor.place];
  // From the top on it is whatever comes first, as before anything was chosen.
  if (kind == Kind::home) cursor.chosen.reset();
}

template <class Id>
void keep_place(Cursor<Id>& cursor, const std::vector<Id>& ids) {
  const auto found = std::ranges::find(ids, cursor.chosen);
  if (cursor.chosen && found != ids.end() && !(cursor.place < ids.size() && ids[cursor.place] == *cursor.chosen))
    cursor.place = static_cast<std::size_t>(found - ids.begin());
}

bool shows_text(const State& state) {
  return state.shows_help || state.tab == Tab::transaction || (state.tab == Tab::findings && state.finding_is_open);
}

State go_to(State state, Tab tab) {
  if (tab != state.tab && state.tab != Tab::transaction) state.came_from = state.tab;
  // From the tab itself: the session that the cursor is on.
  if (tab == Tab::transaction && state.tab != Tab::transaction) state.transaction.reset();
  state.tab = tab;
  state.finding_is_open = false;
  state.scroll = 0;
  return state;
}

State look_at(State state, const model::SessionId& session) {
  const Tab from = state.tab;
  const bool was_open = state.finding_is_open;
  state = go_to(std::move(state), Tab::transaction);
  state.came_from = from;
  state.finding_is_open = was_open && from == Tab::findings;
  state.transaction = session;
  return state;
}

Turn open(State state, const Picture& picture) {
  if (state.tab == Tab::findings) {
    const model::Finding* finding = chosen_finding(picture, state);
    if (finding == nullptr) return nothing(std::move(state));
    if (state.finding_is_open) {
      if (finding->subjects.empty()) return says(std::move(state), "it is about no session");
      return nothing(look_at(std::move(state), finding->subjects.front().id));
    }
    state.finding.chosen = finding->id;
    state.finding_is_open = true;
    state.scroll = 0;
    return nothing(std::move(state));
  }
  if (state.tab == Tab::sessions || state.tab == Tab::waits) {
    const Row* row = chosen_row(picture, state);
    if (row == nullptr) return nothing(std::move(state));
    if (row->session == nullptr)
      return says(std::move(state), "a prepared transaction has no session; see 2 Findings for how to finish it");
    return nothing(look_at(std::move(state), row->session->id));
  }
  return nothing(std::move(state));
}

Turn escape(State state) {
  if (state.tab == Tab::transaction) {
    const bool was_open = state.finding_is_open;
    state.tab = state.came_from;
    state.transaction.reset();
    state.finding_is_open = was_open && state.tab == Tab::findings;
  } else if (state.finding_is_open) {
    state.finding_is_open = false;
  } else {
    state.filter.clear();
  }
  state.scroll = 0;
  return nothing(std::move(state));
}

// What may not even be shown as a dry run; empty: it may.
std::string not_possible(const State& state, const Picture& picture) {
  if (!state.read_only.empty()) return state.read_only;
  if (picture.view->diagnosis.failure) return "the server cannot be looked at now: nothing can be done there";
  return "";
}

Turn plan(State state, Deed deed) {
  state.deed = std::move(deed);
  return {std::move(state), {Effect::Kind::plan}};
}

Turn end_finding(State state, const Picture& picture, model::Action action) {
  const model::Finding* finding = chosen_finding(picture, state);
  if (finding == nullptr) return says(std::move(state), "there is no finding to act on");
  const auto can = [&](model::Action one) {
    return std::ranges::count(finding->remedies, one, &model::Remedy::action) > 0;
  };
  if (!can(action)) {
    return says(std::move(state),
                action == model::Action::terminate
                    ? "ending sessions does not resolve this one; Enter shows what does"
                    : "there is no running statement whose end resolves this one; k ends sessions, Enter shows more");
  }
  Deed deed;
  deed.action = action;
  deed.finding = std::make_shared<const model::Finding>(*finding);
  return plan(std::move(state), std::move(deed));
}

Turn end_session(State state, const Picture& picture, model::Action action) {
  const Row* row = chosen_row(picture, state);
  if (row == nullptr) return says(std::move(state), "no session is chosen");
  if (row->session == nullptr)
    return says(std::move(state), "a prepared transaction has no session to end: ROLLBACK PREPARED, by hand");
  if (action == model::Action::cancel && row->session->state != model::SessionState::active)
    return says(std::move(state), fmt::format("{} runs no statement: cancelling does nothing to it; k ends the session",
                                              row->session->id.pid));
  Deed deed;
  deed.action = action;
  deed.session = row->session->id;
  return plan(std::move(state), std::move(deed));
}

Turn end(State state, const Picture& picture, model::Action action) {
  std::string why_not = not_possible(state, picture);
  if (!why_not.empty()) return says(std::move(state), std::move(why_not));
  if (state.tab == Tab::shapes) return says(std::move(state), "choose a session (1) or a finding (2) first");
  return state.tab == Tab::findings ? end_finding(std::move(state), picture, action)
                                    : end_session(std::move(state), picture, action);
}

Turn change_interval(State state, int by) {
  const auto at = std::ranges::lower_bound(intervals, state.interval) - intervals.begin();
  const auto next = std::clamp<std::ptrdiff_t>(at + by, 0, std::ssize(intervals) - 1);
  state.interval = intervals[static_cast<std::size_t>(next)];
  state.note = fmt::format("a look every {}", write_duration(state.interval));
  return {std::move(state), {Effect::Kind::change_interval}};
}

Turn type(State state, const Key& key) {
  switch (key.kind) {
    case Kind::letter:
      if (state.filter.size() + key.letter.size() <= longest_filter) state.filter += key.letter;
      break;
    case Kind::backspace:
      while (!state.filter.empty() && (static_cast<unsigned char>(state.filter.back()) & 0xC0U) == 0x80)
        state.filter.pop_back();
      if (!state.filter.empty()) state.filter.pop_back();
      break;
    case Kind::escape: state.filter.clear(); [[fallthrough]];
    case Kind::enter: state.is_typing = false; break;
    default: break;
  }
  return nothing(std::move(state));
}

Turn next_order(State state) {
  constexpr int orders = 6;
  state.order = static_cast<Order>((static_cast<int>(state.order) + 1) % orders);
  state.tab = Tab::sessions;
  state.session.chosen.reset();
  std::string message = fmt::format("sorted by {}", to_string(state.order));
  return says(std::move(state), std::move(message));
}

Turn letter(State state, const std::string& letter, const Picture& picture) {
  if (letter.size() != 1) return nothing(std::move(state));
  switch (letter.front()) {
    case 'q': return {std::move(state), {Effect::Kind::quit}};
    case '1':
    case '2':
    case '3':
    case '4':
    case '5': return nothing(go_to(std::move(state), tabs[static_cast<std::size_t>(letter.front() - '1')]));
    case '/':
      state = go_to(std::move(state), Tab::sessions);
      state.is_typing = true;
      return nothing(std::move(state));
    case 's': return next_order(std::move(state));
    case 'i': {
      state.shows_idle = !state.shows_idle;
      const char* message = state.shows_idle ? "idle sessions are shown" : "idle sessions are hidden";
      return says(std::move(state), message);
    }
    case 'p':
    case ' ': state.is_paused = !state.is_paused; return nothing(std::move(state));
    case 'k': return end(std::move(state), picture, model::Action::terminate);
    case 'c': return end(std::move(state), picture, model::Action::cancel);
    case '+': return change_interval(std::move(state), 1);
    case '-': return change_interval(std::move(state), -1);
    case 'r': return {std::move(state), {Effect::Kind::change_interval}};
    case '?':
    case 'h':
      state.shows_help = true;
      state.scroll = 0;
      return nothing(std::move(state));
    default: return nothing(std::move(state));
  }
}

Turn move(State state, const Key& key, std::ptrdiff_t step, const Picture& picture, Size size) {
  if (shows_text(state)) {
    state.scroll = moved(state.scroll, step, last_scroll(state, picture, size) + 1);
    return nothing(std::move(state));
  }
  switch (state.tab) {
    case Tab::sessions: move(state.session, ids_of(sessions(picture, state)), step, key.kind); break;
    case Tab::waits: move(state.waiter, ids_of(waits(picture)), step, key.kind); break;
    case Tab::findings: move(state.finding, finding_ids(picture), step, key.kind); break;
    case Tab::shapes: move(state.shape, ids_of(shapes(picture)), step, key.kind); break;
    case Tab::transaction: break;
  }
  return nothing(std::move(state));
}

// The box: whatever is not meant for it does nothing, so that no key ends more than what is shown.
Turn press_in_box(State state, const Key& key, Size size) {
  Deed& deed = *state.deed;
  if (const auto step = step_of(key.kind, rows_of_box(size))) {
    deed.scroll = moved(deed.scroll, *step, last_scroll_of_box(state, size) + 1);
    return nothing(std::move(state));
  }
  const bool leave = key.kind == Kind::escape || key.letter == "n" || key.letter == "q";
  switch (deed.phase) {
    case Deed::Phase::planning:
      if (leave) state.deed.reset();
      return nothing(std::move(state));
    case Deed::Phase::asking:
      if (key.letter == "y" && can_be_done(deed)) {
        deed.phase = Deed::Phase::acting;
        deed.scroll = 0;
        return {std::move(state), {Effect::Kind::act}};
      }
      if (leave || key.kind == Kind::enter) {
        const bool was_asked = can_be_done(deed);
        state.deed.reset();
        if (was_asked) state.note = "nothing was done";
      }
      return nothing(std::move(state));
    case Deed::Phase::acting:
      if (key.kind == Kind::escape) deed.is_hidden = true;
      return nothing(std::move(state));
    case Deed::Phase::told:
      if (leave || key.kind == Kind::enter) state.deed.reset();
      return nothing(std::move(state));
  }
  return nothing(std::move(state));
}

}  // namespace

Turn press(State state, const Key& key, const Picture& picture, Size size) {
  state.note.clear();
  if (state.deed && !state.deed->is_hidden) return press_in_box(std::move(state), key, size);
  if (state.is_typing) return type(std::move(state), key);
  if (const auto step = step_of(key.kind, rows_of_list(state, picture, size)))
    return move(std::move(state), key, *step, picture, size);
  if (state.shows_help) {
    if (key.letter == "q" || key.kind == Kind::escape || key.kind == Kind::enter || key.letter == "?") {
      state.shows_help = false;
      state.scroll = 0;
      return nothing(std::move(state));
    }
  }
  const bool acts = key.letter == "k" || key.letter == "c";
  if (acts && state.deed) return says(std::move(state), "one thing at a time: an action is still under way");
  switch (key.kind) {
    case Kind::enter: return open(std::move(state), picture);
    case Kind::escape: return escape(std::move(state));
    case Kind::tab:
    case Kind::back_tab: {
      const std::size_t by = key.kind == Kind::tab ? 1 : tabs.size() - 1;
      const Tab next = tabs[(static_cast<std::size_t>(state.tab) + by) % tabs.size()];
      return nothing(go_to(std::move(state), next));
    }
    case Kind::letter: return letter(std::move(state), key.letter, picture);
    default: return nothing(std::move(state));
  }
}

State answered(State state, model::ActionReport report) {
  if (!state.deed) return state;
  Deed& deed = *state.deed;
  deed.phase = report.dry_run ? Deed::Phase::asking : Deed::Phase::told;
  deed.report = std::move(report);
  deed.progress.clear();
  deed.scroll = 0;
  deed.is_hidden = false;
  return state;
}

State looked(State state, const Picture& picture) {
  keep_place(state.session, ids_of(sessions(picture, state)));
  keep_place(state.waiter, ids_of(waits(picture)));
  keep_place(state.finding, finding_ids(picture));
  keep_place(state.shape, ids_of(shapes(picture)));
  return state;
}

std::string_view to_string(Order order) noexcept {
  switch (order) {
    case Order::what_matters: return "what matters";
    case Order::transaction_age: return "age of transaction";
    case Order::state_age: return "time in state";
    case Order::blocks: return "sessions blocked";
    case Order::application: return "application";
    case Order::pid: return "pid";
  }
  return "what matters";
}

}  // namespace lockkeeper::cli::top
