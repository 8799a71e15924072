#include "model/gap_shape.hpp"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <limits>

namespace lockkeeper::model {
namespace {

constexpr std::string_view version = "gaps1";
constexpr std::string_view hex = "0123456789abcdef";
constexpr Duration longest = std::chrono::years(200);

bool plain(char each) { return each > ' ' && each < '\x7f' && each != '%'; }

class Writer {
 public:
  void word(std::string_view text) {
    if (!text_.empty()) text_ += ' ';
    text_ += text;
  }

  template <class T>
  void number(T value) {
    std::array<char, 40> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    word({digits.data(), static_cast<std::size_t>(end - digits.data())});
  }

  // Quoted by its first character, so that an empty one is a word too.
  void string(std::string_view value) {
    std::string escaped = "=";
    for (const char each : value) {
      if (plain(each)) {
        escaped += each;
        continue;
      }
      const auto byte = static_cast<unsigned char>(each);
      escaped += '%';
      escaped += hex[byte >> 4U];
      escaped += hex[byte & 15U];
    }
    word(escaped);
  }

  void sample(const GapSample& sample) {
    number(sample.completed);
    for (const auto& bucket : sample.buckets) {
      number(bucket.count);
      number(bucket.log_sum);
    }
    number(sample.largest.size());
    for (const Duration each : sample.largest) number(each.count());
  }

  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

// Fails for good at the first fault: what is read after it is of no use, and done() says so.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  std::string_view word() {
    if (rest_.empty()) good_ = false;
    const std::size_t end = std::min(rest_.find(' '), rest_.size());
    const std::string_view result = rest_.substr(0, end);
    ended_ = end == rest_.size();
    rest_.remove_prefix(ended_ ? end : end + 1);
    require(!result.empty());
    return result;
  }

  template <class T>
  T number(T least, T most) {
    const std::string_view text = word();
    T value{};
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    require(fault == std::errc() && end == text.data() + text.size());
    require(value >= least && value <= most);  // also false for what is not a number
    return good_ ? value : least;
  }

  double positive() { return number<double>(0, std::numeric_limits<double>::max()); }
  std::int64_t count() { return number<std::int64_t>(0, std::numeric_limits<std::int64_t>::max()); }
  bool flag() { return number<int>(0, 1) == 1; }
  // Bounded, so that nothing that is counted with them overflows.
  Duration length() { return Duration(number<std::int64_t>(0, longest.count())); }
  WallTime time() { return WallTime(Duration(number<std::int64_t>(-10 * longest.count(), 10 * longest.count()))); }

  std::string string() {
    std::string_view text = word();
    require(text.starts_with('='));
    std::string value;
    for (std::size_t place = 1; good_ && place < text.size(); ++place) {
      if (text[place] != '%') {
        require(plain(text[place]));
        value += text[place];
        continue;
      }
      const auto high = place + 2 < text.size() ? hex.find(text[place + 1]) : std::string_view::npos;
      const auto low = place + 2 < text.size() ? hex.find(text[place + 2]) : std::string_view::npos;
      require(high != std::string_view::npos && low != std::string_view::npos);
      if (!good_) break;
      value += static_cast<char>(high * 16 + low);
      require(!plain(value.back()));  // one text for one value
      place += 2;
    }
    return value;
  }

  GapSample sample() {
    GapSample sample;
    sample.completed = count();
    for (auto& bucket : sample.buckets) {
      bucket.count = number<double>(0, 1e15);
      bucket.log_sum = number<double>(-1e17, 1e17);
    }
    const auto kept = number<std::size_t>(0, GapSample::most_largest);
    for (std::size_t index = 0; good_ && index < kept; ++index) sample.largest.push_back(length());
    require(std::ranges::is_sorted(sample.largest, std::ranges::greater()));
    return sample;
  }

  void require(bool right) { good_ = good_ && right; }
  [[nodiscard]] bool done() const { return good_ && ended_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
  bool ended_ = false;
};

}  // namespace

std::uint64_t extended(std::uint64_t sequence, std::uint64_t fingerprint) noexcept {
  const std::array<std::uint64_t, 2> both{sequence, fingerprint};
  return std::max<std::uint64_t>(XXH3_64bits(both.data(), sizeof(both)), 1);
}

std::size_t bucket_of(Duration gap) noexcept {
  const auto milliseconds = std::max<std::int64_t>(std::chrono::floor<std::chrono::milliseconds>(gap).count(), 1);
  const auto bucket = static_cast<std::size_t>(std::bit_width(static_cast<std::uint64_t>(milliseconds))) - 1;
  return std::min(bucket, GapSample::bucket_count - 1);
}

Duration bucket_end(std::size_t bucket) noexcept { return std::chrono::milliseconds(std::int64_t{2} << bucket); }

std::string_view to_string(GapVerdict verdict) noexcept {
  switch (verdict) {
    case GapVerdict::learning: return "learning";
    case GapVerdict::normal: return "normal";
    case GapVerdict::slow: return "slow";
    case GapVerdict::leaked: return "leaked";
  }
  return "learning";
}

std::string to_text(const GapShapeState& state) {
  Writer writer;
  writer.word(version);
  for (const auto* text : {&state.key.application, &state.key.user, &state.key.database, &state.text})
    writer.string(*text);
  writer.number(state.key.statement);
  writer.number(state.key.sequence);
  writer.sample(state.baseline);
  writer.sample(state.window);
  writer.number(state.tau.count());
  writer.number(state.tail_index);
  for (const double index : state.body_index) writer.number(index);
  for (const auto& level : state.levels) {
    writer.number(level.exposure);
    writer.number(level.completed);
  }
  writer.number(state.first_session);
  writer.number(state.several_sessions ? 1 : 0);
  writer.number(state.censored);
  writer.number(state.window_started.time_since_epoch().count());
  writer.number(state.next_look.time_since_epoch().count());
  writer.number(static_cast<int>(state.verdict));
  writer.number(state.verdict_since.time_since_epoch().count());
  for (const double value : {state.p_slow, state.p_immortal, state.e_slow, state.e_immortal, state.shift})
    writer.number(value);
  writer.number(state.level);
  return writer.take();
}

std::optional<GapShapeState> parse_gap_shape(std::string_view text) {
  Reader reader(text);
  reader.require(reader.word() == version);
  GapShapeState state;
  for (auto* each : {&state.key.application, &state.key.user, &state.key.database, &state.text})
    *each = reader.string();
  constexpr auto any = std::numeric_limits<std::uint64_t>::max();
  state.key.statement = reader.number<std::uint64_t>(0, any);
  state.key.sequence = reader.number<std::uint64_t>(0, any);
  state.baseline = reader.sample();
  state.window = reader.sample();
  state.tau = reader.length();
  state.tail_index = reader.number<double>(0, 1e3);
  for (double& index : state.body_index) index = reader.number<double>(0, 1e3);
  for (auto& level : state.levels) {
    level.exposure = reader.number<double>(0, 1e9);
    level.completed = reader.number<double>(0, 1e9);
  }
  state.first_session = reader.number<std::uint64_t>(0, any);
  state.several_sessions = reader.flag();
  state.censored = reader.count();
  state.window_started = reader.time();
  state.next_look = reader.time();
  state.verdict = static_cast<GapVerdict>(reader.number<int>(0, static_cast<int>(GapVerdict::leaked)));
  state.verdict_since = reader.time();
  for (auto* each : {&state.p_slow, &state.p_immortal, &state.e_slow, &state.e_immortal, &state.shift})
    *each = reader.positive();
  state.level = reader.number<std::size_t>(0, GapShapeState::level_count - 1);
  // A verdict stands on a baseline that has a tail: without one there is nothing to divide by.
  reader.require(state.verdict == GapVerdict::learning || (state.tau > Duration::zero() && state.tail_index > 0));
  if (!reader.done()) return std::nullopt;
  return state;
}

}  // namespace lockkeeper::model
