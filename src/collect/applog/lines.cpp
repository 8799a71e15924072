#include "collect/applog/lines.hpp"

#include <algorithm>
#include <string>

namespace lockkeeper::collect::applog {

void LineCutter::add(std::string_view bytes, const Each& each) {
  while (!bytes.empty()) {
    const std::size_t end = std::min(bytes.find('\n'), bytes.size());
    if (!skipping_) line_.append(bytes.substr(0, std::min(end, longest_line - line_.size())));
    if (end == bytes.size()) return;
    bytes.remove_prefix(end + 1);
    end_line(each);
  }
}

void LineCutter::finish(const Each& each) {
  if (!line_.empty()) end_line(each);
  skipping_ = false;
}

void LineCutter::skip_to_next_line() noexcept {
  line_.clear();
  skipping_ = true;
}

void LineCutter::end_line(const Each& each) {
  if (!skipping_) {
    if (line_.ends_with('\r')) line_.pop_back();
    std::erase(line_, '\0');
    each(line_);
  }
  line_.clear();
  skipping_ = false;
}

}  // namespace lockkeeper::collect::applog
