#include "collect/applog/parser.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/utf8.hpp"
#include "collect/applog/json_line.hpp"
#include "collect/applog/messages.hpp"

namespace lockkeeper::collect::applog {
namespace {

using model::ComplaintKind;
using model::PoolComplaint;
using model::PoolLibrary;

/// Of a stack: where the application took the connection, and who called that.
constexpr std::size_t most_frames = 3;
constexpr std::size_t longest_frame = 200;
/// A stack goes on for some hundred lines where frameworks wrap one another; what is wanted is near its beginning.
constexpr int most_stack_lines = 400;
constexpr std::size_t most_told_in_entry = 8;
/// A log that had times and has had none for so many lines has changed its layout.
constexpr std::int64_t longest_entry = 2'000;
/// The same request's failure is told by several layers within this time; another request's milliseconds differ.
constexpr auto same_moment = std::chrono::milliseconds(50);
/// HikariCP tells its counts just before it throws.
constexpr auto counts_last = std::chrono::seconds(2);

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  return begin == std::string_view::npos ? std::string_view() : text.substr(begin);
}

// Not where the program took its connection: the pool, the frameworks around it, the platform.
bool is_application_frame(std::string_view frame) {
  static constexpr std::array<std::string_view, 13> others{"com.zaxxer.hikari.",
                                                           "java.",
                                                           "java/",
                                                           "javax.",
                                                           "jdk.",
                                                           "sun.",
                                                           "com.sun.",
                                                           "org.springframework.",
                                                           "org.hibernate.",
                                                           "jakarta.",
                                                           "com.mysql.",
                                                           "org.postgresql.",
                                                           "org.mariadb."};
  const std::size_t slash = frame.find('/');  // "java.base/java.lang.Thread.run", "app//shop.Checkout.order"
  const std::size_t open = frame.find('(');
  const std::string_view method =
      slash != std::string_view::npos && slash < open ? frame.substr(frame.rfind('/', open) + 1) : frame;
  if (frame.contains("$$") || method.starts_with("$Proxy")) return false;
  return std::ranges::none_of(others, [&](std::string_view other) { return method.starts_with(other); });
}

std::string thread_in(std::string_view text) {
  const std::size_t open = text.find('[');
  const std::size_t close = text.find(']', open);
  return open == std::string_view::npos || close == std::string_view::npos
             ? std::string()
             : std::string(text.substr(open, std::min<std::size_t>(close - open, 100)));
}

// Lines that go on with an exception, in logs whose lines have no times.
bool continues(std::string_view text) {
  return text.starts_with(' ') || text.starts_with('\t') || text.starts_with("Caused by:") ||
         text.starts_with("Traceback (") || text.starts_with("During handling of") ||
         text.starts_with("The above exception") || text.starts_with('}');
}

bool same_event(const PoolComplaint& left, const PoolComplaint& right) {
  return left.kind == right.kind && left.pool == right.pool && left.waited == right.waited &&
         left.connection == right.connection;
}

void add_counts(PoolComplaint& complaint, const PoolComplaint& counts) {
  if (complaint.total) return;
  complaint.total = counts.total;
  complaint.active = counts.active;
  complaint.idle = counts.idle;
  complaint.waiting = counts.waiting;
  complaint.limit = counts.limit;
}

}  // namespace

Parser::Parser(std::string application, std::string file, LocalClock clock)
    : application_(std::move(application)), file_(std::move(file)), clock_(std::move(clock)) {}

void Parser::read(std::string_view line, model::WallTime now, bool is_news) {
  ++line_number_;
  paused_ = false;
  const LineTime taken = take_time(line, now, clock_);
  const std::string_view object = trimmed(taken.rest);
  if (!object.starts_with('{') || !object.ends_with('}') || !may_complain(object)) {
    read_text(taken.rest, taken.at, now, is_news);
    return;
  }
  const auto json = read_json_line(object, now, clock_);
  if (!json) return;
  begin_entry("", json->at ? json->at : taken.at);
  for (const std::string& text : json->lines) {
    // A container runtime's object holds the program's own line, whose time may lack its zone.
    const LineTime inner = take_time(text, now, clock_);
    if (!entry_.at) entry_.at = inner.at;
    read_text(inner.rest, std::nullopt, now, is_news);
  }
  end_stack();
}

void Parser::read_text(std::string_view text, std::optional<model::WallTime> at, model::WallTime now, bool is_news) {
  ++lines_since_time_;
  const bool is_new = at || ((!has_times_ || lines_since_time_ > longest_entry) && !continues(text));
  if (is_new) begin_entry(text, at);
  if (leak_ && !at && read_stack(text)) return;
  if (is_new) end_stack();
  auto message = read_message(text);
  if (!message) return;
  if (message->only_counts) {
    counts_ = std::move(message->complaint);
    counts_at_ = entry_.at.value_or(now);
  } else {
    complain(std::move(message->complaint), now, is_news);
  }
}

void Parser::begin_entry(std::string_view text, std::optional<model::WallTime> at) {
  if (at) {
    has_times_ = true;
    lines_since_time_ = 0;
  } else if (lines_since_time_ > longest_entry) {
    has_times_ = false;
  }
  entry_ = {at, {}, thread_in(text)};
}

void Parser::complain(PoolComplaint complaint, model::WallTime now, bool is_news) {
  complaint.at = entry_.at.value_or(now);
  complaint.time = entry_.at ? model::ComplaintTime::line
                   : is_news ? model::ComplaintTime::reading
                             : model::ComplaintTime::unknown;
  complaint.application = application_;
  complaint.file = file_;
  complaint.line_number = line_number_;
  if (complaint.library == PoolLibrary::hikari && counts_ && counts_->pool == complaint.pool &&
      std::chrono::abs(complaint.at - counts_at_) <= counts_last) {
    add_counts(complaint, *counts_);
    counts_.reset();
  }
  if (is_echo(complaint)) return;
  if (entry_.told.size() < most_told_in_entry) entry_.told.push_back(complaint);
  last_ = complaint;
  last_thread_ = entry_.thread;
  if (complaint.kind == ComplaintKind::leak) {
    leak_ = std::move(complaint);
    stack_lines_ = 0;
  } else {
    told_.push_back(std::move(complaint));
  }
}

// Of a wait told by the millisecond, two in one moment, in one thread, are one. What is told by the second, or names
// no client, says too little for that.
bool Parser::is_echo(const PoolComplaint& complaint) const {
  if (std::ranges::any_of(entry_.told, [&](const auto& told) { return same_event(told, complaint); })) return true;
  const bool is_precise = complaint.library == PoolLibrary::hikari || complaint.library == PoolLibrary::pgbouncer;
  return is_precise && last_ && same_event(*last_, complaint) && last_thread_ == entry_.thread &&
         std::chrono::abs(complaint.at - last_->at) <= same_moment;
}

// Whether the line belonged to the stack.
bool Parser::read_stack(std::string_view text) {
  const std::string_view frame = trimmed(text);
  if (++stack_lines_ > most_stack_lines) return false;
  if (frame.empty() || frame.starts_with("java.lang.Exception") || frame.starts_with("...")) return true;
  if (!frame.starts_with("at ")) return false;
  const std::string_view place = frame.substr(3);
  if (leak_->place.size() < most_frames && is_application_frame(place))
    leak_->place.push_back(base::printable(place.substr(0, longest_frame)));
  return true;
}

void Parser::end_stack() {
  if (!leak_) return;
  told_.push_back(*std::move(leak_));
  leak_.reset();
}

void Parser::pause() {
  if (paused_) end_stack();
  paused_ = true;
}

std::vector<PoolComplaint> Parser::take() { return std::exchange(told_, {}); }

}  // namespace lockkeeper::collect::applog
