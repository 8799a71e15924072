#include "collect/one_line.hpp"

#include <algorithm>
#include <string_view>

namespace lockkeeper::collect {

// libpq indents its hints; the drivers' begin like those here.
std::string what_happened(const Error& error) {
  std::string line;
  for (std::size_t start = 0; start < error.message.size();) {
    const std::size_t end = std::min(error.message.find('\n', start), error.message.size());
    const std::string_view words = std::string_view(error.message).substr(start, end - start);
    start = end + 1;
    if (words.empty() || words.starts_with('\t') || words.starts_with("Check the URL") ||
        words.starts_with("Is this the address"))
      continue;
    line += line.empty() ? "" : "; ";
    line += words;
  }
  return line;
}

}  // namespace lockkeeper::collect
