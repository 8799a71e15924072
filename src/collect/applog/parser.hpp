// Reads one application's log, line by line, and tells the complaints of its connection pools.
//
// An unknown line is ignored. A line that only mentions a complaint is one: see messages.hpp. One event may fill
// several lines (the exception, its cause, the same once more by the layer above): it is told once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collect/applog/line_time.hpp"
#include "model/app_log.hpp"

namespace lockkeeper::collect::applog {

class Parser {
 public:
  /// Application and file are copied into each complaint.
  Parser(std::string application, std::string file, LocalClock clock);

  /// One line, without its end, any bytes. `now`: when it was read. `is_news`: it has been written within the last
  /// seconds, so that `now` may stand for a time that it lacks.
  void read(std::string_view line, model::WallTime now, bool is_news);

  /// No line is there at the moment. A complaint whose stack was still being read is complete once no line came
  /// between two such calls.
  void pause();

  /// What was complained of since the last call, in order.
  [[nodiscard]] std::vector<model::PoolComplaint> take();

 private:
  /// A line with a time, and those without one that follow it: one entry of the log.
  struct Entry {
    std::optional<model::WallTime> at;
    std::vector<model::PoolComplaint> told;  // in it; a few
    std::string thread;                      // as the layout shows it, in brackets
  };

  void read_text(std::string_view text, std::optional<model::WallTime> at, model::WallTime now, bool is_news);
  void begin_entry(std::string_view text, std::optional<model::WallTime> at);
  void complain(model::PoolComplaint complaint, model::WallTime now, bool is_news);
  [[nodiscard]] bool is_echo(const model::PoolComplaint& complaint) const;
  bool read_stack(std::string_view text);
  void end_stack();

  const std::string application_;
  const std::string file_;
  const LocalClock clock_;
  Entry entry_;
  std::int64_t line_number_ = 0;
  std::int64_t lines_since_time_ = 0;
  bool has_times_ = false;
  std::optional<model::PoolComplaint> leak_;  // whose stack is being read
  int stack_lines_ = 0;
  bool paused_ = false;
  std::optional<model::PoolComplaint> counts_;  // told before the timeout that they are of
  model::WallTime counts_at_;
  std::optional<model::PoolComplaint> last_;  // and in which thread:
  std::string last_thread_;
  std::vector<model::PoolComplaint> told_;
};

}  // namespace lockkeeper::collect::applog
