#include "io/system_error.hpp"

#include <cctype>
#include <cerrno>
#include <system_error>

namespace lockkeeper::io {

Reason reason_of(int error) noexcept {
  switch (error) {
    case ECONNREFUSED: return Reason::refused;
    case ENOENT:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EHOSTDOWN:
    case ENETDOWN: return Reason::unreachable;
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE: return Reason::reset;
    case ETIMEDOUT: return Reason::deadline;
    case EADDRNOTAVAIL: return Reason::resources;
    default: return is_shortage(error) ? Reason::resources : Reason::other;
  }
}

std::string words_of(int error) {
  switch (error) {
    case ECONNRESET:
    case EPIPE: return "connection reset by the peer";
    case EMFILE: return "no file descriptor left in this process; raise its limit (ulimit -n)";
    case ENFILE: return "no file descriptor left in the system";
    default: break;
  }
  std::string words = std::generic_category().message(error);
  if (!words.empty()) words[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(words[0])));
  return words;
}

IoError system_error(int error, std::string_view where) {
  std::string message = words_of(error);
  message.append(" (").append(where).append(")");
  return {reason_of(error), std::move(message)};
}

bool is_shortage(int error) noexcept {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace lockkeeper::io
