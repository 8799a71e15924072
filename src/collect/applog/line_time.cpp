#include "collect/applog/line_time.hpp"

#include <array>
#include <cstdint>
#include <ctime>

namespace lockkeeper::collect::applog {
namespace {

using model::Duration;
using model::WallTime;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::local_days;
using std::chrono::minutes;
using std::chrono::seconds;

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

// Reads along a text; what is not there leaves it where it was.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  [[nodiscard]] std::string_view rest() const { return rest_; }
  bool take(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  bool take_one_of(std::string_view letters) {
    if (rest_.empty() || !letters.contains(rest_.front())) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::optional<int> digits(std::size_t least, std::size_t most) {
    std::size_t count = 0;
    int value = 0;
    while (count < most && count < rest_.size() && is_digit(rest_[count])) {
      value = value * 10 + (rest_[count] - '0');
      ++count;
    }
    if (count < least) return std::nullopt;
    rest_.remove_prefix(count);
    return value;
  }
  // ".345678901" or ",345": microseconds; nullopt without one.
  std::optional<Duration> fraction() {
    if (rest_.size() < 2 || (rest_[0] != '.' && rest_[0] != ',') || !is_digit(rest_[1])) return std::nullopt;
    rest_.remove_prefix(1);
    std::int64_t value = 0;
    std::int64_t unit = 1'000'000;
    while (!rest_.empty() && is_digit(rest_.front())) {
      unit /= 10;
      value += (rest_.front() - '0') * unit;
      rest_.remove_prefix(1);
    }
    return Duration(value);
  }

 private:
  std::string_view rest_;
};

struct TimeOfDay {
  Duration since_midnight{};
  bool has_fraction = false;
};

std::optional<TimeOfDay> read_time_of_day(Reader& reader, std::size_t least_hour_digits = 2) {
  const auto hour = reader.digits(least_hour_digits, 2);
  if (!hour || *hour > 23 || !reader.take(":")) return std::nullopt;
  const auto minute = reader.digits(2, 2);
  if (!minute || *minute > 59 || !reader.take(":")) return std::nullopt;
  const auto second = reader.digits(2, 2);
  if (!second || *second > 60) return std::nullopt;
  const auto fraction = reader.fraction();
  return TimeOfDay{hours(*hour) + minutes(*minute) + seconds(*second) + fraction.value_or(Duration::zero()),
                   fraction.has_value()};
}

std::optional<local_days> day_of(int year, int month, int day) {
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || year < 1970) return std::nullopt;
  return local_days(date);
}

// The offset from UTC that follows a time, or nothing where the zone is not said or not understood.
std::optional<minutes> read_offset(Reader& reader) {
  for (const std::string_view word : {"Z", " UTC", " GMT"}) {
    Reader ahead = reader;
    if (!ahead.take(word) || (!ahead.rest().empty() && !std::string_view(" ]|\t").contains(ahead.rest().front())))
      continue;
    reader = ahead;
    return minutes(0);
  }
  Reader ahead = reader;
  ahead.take(" ");
  const bool west = ahead.rest().starts_with('-');
  if (!ahead.take_one_of("+-")) return std::nullopt;
  const auto hour = ahead.digits(2, 2);
  ahead.take(":");
  const auto minute = ahead.digits(2, 2);
  if (!hour || !minute || *hour > 18 || *minute > 59) return std::nullopt;
  if (!ahead.rest().empty() && is_digit(ahead.rest().front())) return std::nullopt;
  reader = ahead;
  const minutes offset = hours(*hour) + minutes(*minute);
  return west ? -offset : offset;
}

// PgBouncer's "CET [4711]": which offset that is, nobody can tell from it.
void skip_zone(Reader& reader) {
  const std::string_view rest = reader.rest();
  const std::size_t end = rest.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 1);
  if (rest.starts_with(' ') && end != std::string_view::npos && end > 2 && end < 7 &&
      rest.substr(end).starts_with(" ["))
    reader.take(rest.substr(0, end));
}

WallTime at_offset(LocalTime time, minutes offset) { return WallTime(time.time_since_epoch() - offset); }

std::optional<WallTime> read_iso(Reader& reader, const LocalClock& local) {
  Reader ahead = reader;
  const auto year = ahead.digits(4, 4);
  if (!year || !ahead.take_one_of("-/")) return std::nullopt;
  const auto month = ahead.digits(2, 2);
  if (!month || !ahead.take_one_of("-/")) return std::nullopt;
  const auto day = ahead.digits(2, 2);
  if (!day || !ahead.take_one_of("T ")) return std::nullopt;
  const auto date = day_of(*year, *month, *day);
  const auto time = read_time_of_day(ahead);
  if (!date || !time) return std::nullopt;
  const LocalTime shown = *date + time->since_midnight;
  const auto offset = read_offset(ahead);
  if (!offset) skip_zone(ahead);
  reader = ahead;
  return offset ? at_offset(shown, *offset) : local(shown);
}

std::optional<int> read_month(Reader& reader) {
  static constexpr std::array<std::string_view, 12> names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  for (std::size_t index = 0; index < names.size(); ++index) {
    if (reader.take(names[index])) return static_cast<int>(index) + 1;
  }
  return std::nullopt;
}

// java.util.logging: "Nov 29, 2026 10:02:31 AM".
std::optional<WallTime> read_java(Reader& reader, const LocalClock& local) {
  Reader ahead = reader;
  const auto month = read_month(ahead);
  if (!month || !ahead.take(" ")) return std::nullopt;
  const auto day = ahead.digits(1, 2);
  if (!day || !ahead.take(", ")) return std::nullopt;
  const auto year = ahead.digits(4, 4);
  if (!year || !(ahead.take(", ") || ahead.take(" "))) return std::nullopt;
  const auto date = day_of(*year, *month, *day);
  auto time = read_time_of_day(ahead, 1);
  if (!date || !time || !(ahead.take(" ") || ahead.take("\xE2\x80\xAF"))) return std::nullopt;
  const bool afternoon = ahead.take("PM");
  if (!afternoon && !ahead.take("AM")) return std::nullopt;
  const bool twelve = time->since_midnight >= hours(12);
  if (twelve && !afternoon) time->since_midnight -= hours(12);
  if (!twelve && afternoon) time->since_midnight += hours(12);
  reader = ahead;
  return local(*date + time->since_midnight);
}

// A line that does not say its day, or its year, was written lately: the last time that is not in the future.
WallTime last_before(const std::function<WallTime(int)>& time, WallTime now) {
  for (const int step : {1, 0}) {
    if (time(step) <= now + minutes(1)) return time(step);
  }
  return time(-1);
}

// syslog: "Nov 29 10:11:12 host program[123]: ".
std::optional<WallTime> read_syslog(Reader& reader, WallTime now, const LocalClock& local) {
  Reader ahead = reader;
  const auto month = read_month(ahead);
  if (!month || !ahead.take(" ")) return std::nullopt;
  ahead.take(" ");
  const auto day = ahead.digits(1, 2);
  if (!day || !ahead.take(" ")) return std::nullopt;
  const auto time = read_time_of_day(ahead);
  if (!time || !ahead.take(" ")) return std::nullopt;
  const std::size_t host = ahead.rest().find(' ');
  const std::size_t program = ahead.rest().find(": ");
  if (host == std::string_view::npos || program == std::string_view::npos || program < host) return std::nullopt;
  if (ahead.rest().substr(host + 1, program - host - 1).contains(' ')) return std::nullopt;
  const int year = static_cast<int>(std::chrono::year_month_day(std::chrono::floor<days>(now)).year());
  const auto in_year = [&](int step) {
    const auto date = day_of(year + step, *month, *day);
    return date ? local(*date + time->since_midnight) : WallTime{};
  };
  if (!day_of(2024, *month, *day)) return std::nullopt;
  ahead.take(ahead.rest().substr(0, program + 2));
  reader = ahead;
  return last_before(in_year, now);
}

// log4j: "10:11:12,345". Without a fraction it might be anything.
std::optional<WallTime> read_bare_time(Reader& reader, WallTime now, const LocalClock& local) {
  Reader ahead = reader;
  const auto time = read_time_of_day(ahead);
  if (!time || !time->has_fraction) return std::nullopt;
  reader = ahead;
  const auto today = std::chrono::floor<days>(now).time_since_epoch();
  return last_before([&](int step) { return local(LocalTime(today + days(step)) + time->since_midnight); }, now);
}

}  // namespace

LocalClock machine_clock() {
  return [](LocalTime time) {
    const auto day = std::chrono::floor<days>(time);
    const std::chrono::year_month_day date(day);
    const Duration in_day = time - day;
    std::tm parts{};
    parts.tm_year = static_cast<int>(date.year()) - 1900;
    parts.tm_mon = static_cast<int>(static_cast<unsigned>(date.month())) - 1;
    parts.tm_mday = static_cast<int>(static_cast<unsigned>(date.day()));
    parts.tm_sec = static_cast<int>(std::chrono::floor<seconds>(in_day).count());
    parts.tm_isdst = -1;
    const std::time_t seconds_since = std::mktime(&parts);
    return WallTime(seconds(seconds_since) + in_day % seconds(1));
  };
}

LineTime take_time(std::string_view line, WallTime now, const LocalClock& local) {
  Reader reader(line);
  const bool in_brackets = reader.take("[");
  std::optional<WallTime> at = read_iso(reader, local);
  if (!at) at = read_java(reader, local);
  if (!at && !in_brackets) at = read_syslog(reader, now, local);
  if (!at) at = read_bare_time(reader, now, local);
  if (!at) return {std::nullopt, line};
  // A container runtime's own words: which stream, and that the line is whole. The program's time, if any, follows.
  if (reader.take(" stdout F ") || reader.take(" stderr F ")) return {at, take_time(reader.rest(), now, local).rest};
  if (in_brackets) reader.take("]");
  return {at, reader.rest()};
}

}  // namespace lockkeeper::collect::applog
