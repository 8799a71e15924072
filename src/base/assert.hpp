// Our own broken promises. The world's faults are Error values; this is for faults of this program.
#pragma once

namespace lockkeeper::base {

/// Prints what was promised and where, then aborts. Never returns, never throws.
[[noreturn]] void assertion_failed(const char* promise, const char* file, int line) noexcept;

}  // namespace lockkeeper::base

/// On in every build, release too: a wrong answer about who holds whose lock is worse than no answer.
#define LK_ASSERT(promise) \
  ((promise) ? static_cast<void>(0) : ::lockkeeper::base::assertion_failed(#promise, __FILE__, __LINE__))
