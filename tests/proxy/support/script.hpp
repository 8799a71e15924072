// What clients do, step by step, the same on two ways to a server; and the first answer in which the ways differ.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "proxy/support/messages.hpp"
#include "proxy/support/raw_client.hpp"

namespace lockkeeper::testing {

/// One client says something and reads the answer. A client that has no connection (at first, or since its last one
/// ended) comes in before.
struct Step {
  std::size_t client = 0;
  Messages messages;
  /// The answer is over with the `count`-th message of one of these types: a hint, which spares waiting. Without one
  /// (0) or where it was wrong it is over when the server has said nothing for a moment; only the direct way decides
  /// it.
  int count = 1;
  std::string until = "Z";
  std::size_t piece = 0;  ///< Sent in pieces of so many bytes.
  /// For how long the server may say nothing though the hint promises more: it is busy.
  std::chrono::milliseconds busy = std::chrono::milliseconds(80);
  Login login = {};  ///< `minor` and `more` of the connection that the step may have to open.
};
using Script = std::vector<Step>;

/// The answer to one step.
struct Answer {
  Messages messages;
  Messages notifications;  ///< They come when they like, and are compared by themselves.
  bool ended = false;      ///< And then the connection was closed.
};
using Answers = std::vector<Answer>;

/// Plays against the server itself.
[[nodiscard]] Answers play(const Script& script, const Login& login);
/// Plays against something that should answer as `expected`: reads as many messages, waiting for them up to `patience`.
[[nodiscard]] Answers play(const Script& script, const Login& login, const Answers& expected,
                           std::chrono::milliseconds patience = std::chrono::seconds(8));

/// The number of the first step whose answers differ.
[[nodiscard]] std::optional<std::size_t> first_difference(const Answers& left, const Answers& right);

/// A shorter script of which `differs` still holds: pieces are left out until none can be, or the time is over.
[[nodiscard]] Script shrink(Script script, const std::function<bool(const Script&)>& differs,
                            std::chrono::milliseconds time);

[[nodiscard]] std::string show(const Script& script);
/// Both transcripts up to the step of the first difference, side after side.
[[nodiscard]] std::string show_difference(const Script& script, const Answers& direct, const Answers& other);

}  // namespace lockkeeper::testing
