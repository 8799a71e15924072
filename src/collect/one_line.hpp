// A driver's message in one line.
#pragma once

#include <string>

#include <lockkeeper/error.hpp>

namespace lockkeeper::collect {

/// The words of server and client library. What they or the driver add as advice, in lines of its own, is left out: a
/// collector's failures have their own.
[[nodiscard]] std::string what_happened(const Error& error);

}  // namespace lockkeeper::collect
