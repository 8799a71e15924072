#include "cli/top/terminal.hpp"

// Functions, not macros: theirs are named like half of the language.
#define NCURSES_NOMACROS 1
#define NCURSES_WIDECHAR 1
#include <fmt/format.h>
#include <langinfo.h>
#include <ncurses.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <clocale>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace lockkeeper::cli::top {
namespace {

// How long an Escape may be the beginning of another key: over a slow line they come apart.
constexpr int escape_delay = 50;  // milliseconds

constexpr std::array fatal_signals{SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};

// What a signal handler may touch, filled before there is one.
struct Rescue {
  termios settings{};
  std::array<char, 128> farewell{};
  std::size_t length = 0;
};
Rescue rescue;

// Terminfo's words for "no such string" are 0 and -1.
const char* string_of(const char* capability) {
  const char* text = tigetstr(capability);
  return reinterpret_cast<std::intptr_t>(text) == -1 ? nullptr : text;
}

bool is_capable(const char* capability) { return string_of(capability) != nullptr; }

void remember(const char* capability) {
  const char* text = string_of(capability);
  if (text == nullptr) return;
  const std::size_t length = std::min(std::strlen(text), rescue.farewell.size() - rescue.length);
  std::memcpy(rescue.farewell.data() + rescue.length, text, length);
  rescue.length += length;
}

extern "C" {
// A bug of ours ends the program, but not in a terminal in which nothing can be typed any more.
static void restore_and_die(int number) {
  tcsetattr(STDIN_FILENO, TCSANOW, &rescue.settings);
  static_cast<void>(!::write(STDOUT_FILENO, rescue.farewell.data(), rescue.length));
  std::signal(number, SIG_DFL);
  std::raise(number);
}
}

bool is_utf8() {
  std::setlocale(LC_CTYPE, "");
  return std::string_view(nl_langinfo(CODESET)) == "UTF-8";
}

enum Pair : short { red = 1, yellow, cyan, green };

void make_colours() {
  start_color();
  const short background = use_default_colors() == OK ? static_cast<short>(-1) : static_cast<short>(COLOR_BLACK);
  init_pair(red, COLOR_RED, background);
  init_pair(yellow, COLOR_YELLOW, background);
  init_pair(cyan, COLOR_CYAN, background);
  init_pair(green, COLOR_GREEN, background);
}

attr_t pair(bool colours, Pair number) { return colours ? static_cast<attr_t>(COLOR_PAIR(number)) : A_NORMAL; }

attr_t attributes(Style style, bool colours) {
  switch (style) {
    case Style::plain: return A_NORMAL;
    case Style::dim: return colours ? A_DIM : A_NORMAL;
    case Style::bold: return A_BOLD;
    case Style::critical: return A_BOLD | pair(colours, red);
    case Style::warning: return pair(colours, yellow);
    case Style::notice: return pair(colours, cyan);
    case Style::good: return pair(colours, green);
    case Style::title: return A_REVERSE;
    case Style::heading: return A_BOLD | A_UNDERLINE;
    case Style::selected: return A_REVERSE;
  }
  return A_NORMAL;
}

std::string utf8_of(char32_t letter) {
  std::string text;
  const auto add = [&](char32_t bits) { text += static_cast<char>(static_cast<unsigned char>(bits)); };
  if (letter < 0x80) {
    add(letter);
  } else if (letter < 0x800) {
    add(0xC0 | (letter >> 6));
    add(0x80 | (letter & 0x3F));
  } else {
    if (letter >= 0x10000) {
      add(0xF0 | (letter >> 18));
      add(0x80 | ((letter >> 12) & 0x3F));
    } else {
      add(0xE0 | (letter >> 12));
    }
    add(0x80 | ((letter >> 6) & 0x3F));
    add(0x80 | (letter & 0x3F));
  }
  return text;
}

Key special_key(int code) {
  using Kind = Key::Kind;
  switch (code) {
    case KEY_UP: return {Kind::up, {}};
    case KEY_DOWN: return {Kind::down, {}};
    case KEY_PPAGE: return {Kind::page_up, {}};
    case KEY_NPAGE: return {Kind::page_down, {}};
    case KEY_HOME: return {Kind::home, {}};
    case KEY_END: return {Kind::end, {}};
    case KEY_ENTER: return {Kind::enter, {}};
    case KEY_BACKSPACE: return {Kind::backspace, {}};
    case KEY_BTAB: return {Kind::back_tab, {}};
    default: return {};
  }
}

Key typed_key(wint_t letter) {
  using Kind = Key::Kind;
  switch (letter) {
    case L'\r':
    case L'\n': return {Kind::enter, {}};
    case L'\t': return {Kind::tab, {}};
    case 0x1B: return {Kind::escape, {}};
    case 0x08:
    case 0x7F: return {Kind::backspace, {}};
    default: return letter < 0x20 ? Key{} : Key::of(utf8_of(static_cast<char32_t>(letter)));
  }
}

}  // namespace

struct Terminal::Body {
  SCREEN* screen = nullptr;
  bool colours = false;
  bool utf8 = false;
  std::array<struct sigaction, fatal_signals.size()> before{};
};

std::expected<std::unique_ptr<Terminal>, std::string> Terminal::open(bool colours) {
  const char* kind = std::getenv("TERM");
  const std::string name = kind == nullptr || *kind == '\0' ? "unknown" : kind;
  auto body = std::make_unique<Body>();
  body->utf8 = is_utf8();
  tcgetattr(STDIN_FILENO, &rescue.settings);
  body->screen = newterm(name.c_str(), stdout, stdin);
  if (body->screen == nullptr)
    return std::unexpected(fmt::format("nothing is known on this machine of a terminal \"{}\": is TERM right?", name));
  set_term(body->screen);
  if (!is_capable("cup")) {
    endwin();
    delscreen(body->screen);
    return std::unexpected(fmt::format("the terminal \"{}\" cannot place its cursor, so nothing can be drawn", name));
  }
  set_escdelay(escape_delay);
  cbreak();
  noecho();
  nonl();
  keypad(stdscr, TRUE);
  nodelay(stdscr, TRUE);
  curs_set(0);
  body->colours = colours && has_colors();
  if (body->colours) make_colours();
  return std::unique_ptr<Terminal>(new Terminal(std::move(body)));
}

Terminal::Terminal(std::unique_ptr<Body> body) : body_(std::move(body)) {
  rescue.length = 0;
  for (const char* capability : {"sgr0", "cnorm", "rmcup"}) remember(capability);
  struct sigaction action{};
  action.sa_handler = restore_and_die;
  sigemptyset(&action.sa_mask);
  for (std::size_t index = 0; index < fatal_signals.size(); ++index)
    sigaction(fatal_signals[index], &action, &body_->before[index]);
}

Terminal::~Terminal() {
  for (std::size_t index = 0; index < fatal_signals.size(); ++index)
    sigaction(fatal_signals[index], &body_->before[index], nullptr);
  endwin();
  delscreen(body_->screen);
}

Size Terminal::size() const {
  return {static_cast<std::size_t>(std::max(getmaxx(stdscr), 0)),
          static_cast<std::size_t>(std::max(getmaxy(stdscr), 0))};
}

std::optional<Key> Terminal::read(std::chrono::milliseconds timeout) {
  wint_t letter = 0;
  int kind = get_wch(&letter);
  if (kind == ERR) {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    const int ready = ::poll(&input, 1, static_cast<int>(timeout.count()));
    gone_ = ready > 0 && (input.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
    // Also after a signal: that of a new size has made a key.
    if (ready == 0 || gone_) return std::nullopt;
    kind = get_wch(&letter);
    // Ready, and yet there is nothing: the end of the input.
    if (kind == ERR) {
      gone_ = ready > 0 && (input.revents & POLLIN) != 0 && errno != EINTR && errno != EAGAIN;
      return std::nullopt;
    }
  }
  return kind == KEY_CODE_YES ? special_key(static_cast<int>(letter)) : typed_key(letter);
}

void Terminal::draw(const Screen& screen) {
  werase(stdscr);
  int row = 0;
  for (const Line& line : screen.lines) {
    wmove(stdscr, row++, 0);
    for (const Span& span : line) {
      wattrset(stdscr, static_cast<int>(attributes(span.style, body_->colours)));
      waddstr(stdscr, body_->utf8 ? span.text.c_str() : in_ascii(span.text).c_str());
    }
  }
  wattrset(stdscr, A_NORMAL);
  wrefresh(stdscr);
}

}  // namespace lockkeeper::cli::top
