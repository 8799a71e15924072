// Prints the page of the settings.
#include <cstdio>
#include <string>

#include "settings_page/page.hpp"

int main() {
  const std::string page = lockkeeper::tools::settings_page();
  const bool written = std::fwrite(page.data(), 1, page.size(), stdout) == page.size();
  return written && std::fflush(stdout) == 0 ? 0 : 1;
}
