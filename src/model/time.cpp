#include "model/time.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace lockkeeper::model {
namespace {

// Reads from the front of `text` and drops what it has read; fails for good at the first surprise.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  int digits(std::size_t count) {
    int value = 0;
    if (rest_.size() < count) return fail();
    // Not from_chars: it takes a sign for a digit.
    for (const char digit : rest_.substr(0, count)) {
      if (digit < '0' || digit > '9') return fail();
      value = value * 10 + (digit - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }

  bool accept(char wanted) {
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void expect(char wanted) {
    if (!accept(wanted)) fail();
  }

  // ".5" is 500,000 microseconds; more than six digits are cut off.
  int fraction() {
    if (!accept('.')) return 0;
    int micros = 0;
    int scale = 100'000;
    const std::size_t before = rest_.size();
    while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
      micros += (rest_.front() - '0') * scale;
      scale /= 10;
      rest_.remove_prefix(1);
    }
    return rest_.size() < before ? micros : fail();
  }

  [[nodiscard]] bool done() const { return ok_ && rest_.empty(); }
  int fail() {
    ok_ = false;
    return 0;
  }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

std::chrono::minutes offset(Reader& reader) {
  if (reader.accept('Z')) return {};
  const bool west = reader.accept('-');
  if (!west) reader.expect('+');
  const std::chrono::hours whole(reader.digits(2));
  const std::chrono::minutes rest(reader.accept(':') ? reader.digits(2) : 0);
  if (whole > std::chrono::hours(23) || rest > std::chrono::minutes(59)) reader.fail();
  return west ? -(whole + rest) : whole + rest;
}

}  // namespace

std::string to_rfc3339(WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::array<char, 48> text{};
  const int length =
      std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06lldZ", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                    static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                    static_cast<int>(clock.seconds().count()), static_cast<long long>(clock.subseconds().count()));
  return {text.data(), static_cast<std::size_t>(length)};
}

std::optional<WallTime> parse_time(std::string_view text) {
  using namespace std::chrono;
  Reader reader(text);
  const year_month_day date = [&] {
    const year the_year(reader.digits(4));
    reader.expect('-');
    const month the_month(static_cast<unsigned>(reader.digits(2)));
    reader.expect('-');
    return the_year / the_month / day(static_cast<unsigned>(reader.digits(2)));
  }();
  if (!reader.accept('T')) reader.expect(' ');
  const hours hour(reader.digits(2));
  reader.expect(':');
  const minutes minute(reader.digits(2));
  reader.expect(':');
  const seconds second(reader.digits(2));
  const microseconds micros(reader.fraction());
  const minutes zone = offset(reader);
  if (!reader.done() || !date.ok() || hour > hours(23) || minute > minutes(59) || second > seconds(60))
    return std::nullopt;
  return WallTime(sys_days(date)) + hour + minute + second + micros - zone;
}

std::string to_human(Duration duration) {
  using namespace std::chrono;
  const auto total = std::max(duration, Duration::zero());
  if (total < seconds(1)) return std::to_string(duration_cast<milliseconds>(total).count()) + " ms";
  const auto whole = duration_cast<seconds>(total).count();
  if (whole < 60) {
    const auto tenths = duration_cast<milliseconds>(total).count() / 100 % 10;
    return std::to_string(whole) + (tenths > 0 ? "." + std::to_string(tenths) : "") + " s";
  }
  struct Unit {
    const char* name;
    long long length;
  };
  constexpr std::array<Unit, 4> units{{{" d", 86400}, {" h", 3600}, {" min", 60}, {" s", 1}}};
  for (std::size_t index = 0; index + 1 < units.size(); ++index) {
    const auto& [name, length] = units[index];
    if (whole < length) continue;
    const auto rest = whole % length / units[index + 1].length;
    return std::to_string(whole / length) + name + (rest > 0 ? " " + std::to_string(rest) + units[index + 1].name : "");
  }
  return "";
}

}  // namespace lockkeeper::model
