#include "base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace lockkeeper::base {

void assertion_failed(const char* promise, const char* file, int line) noexcept {
  std::fprintf(stderr, "lockkeeper: broken promise: %s (%s:%d)\nThis is a bug in Lockkeeper; please report it.\n",
               promise, file, line);
  std::abort();
}

}  // namespace lockkeeper::base
