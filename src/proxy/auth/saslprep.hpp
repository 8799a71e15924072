// SASLprep (RFC 4013) of passwords, as far as PostgreSQL's result can be had without the tables of Unicode.
#pragma once

#include <string>
#include <string_view>

#include "proxy/auth/secret.hpp"

namespace lockkeeper::proxy {

struct Prepared {
  Secret password;
  /// The result is PostgreSQL's for certain. False: characters that normalisation (NFKC) might have changed were left
  /// as they are; a SCRAM verifier in place of the password avoids the question.
  bool certain = true;
};

/// ASCII is unchanged. So is what is not UTF-8, and what holds characters that SASLprep prohibits: PostgreSQL then
/// takes the bytes themselves. Otherwise spaces of other scripts become U+0020 and what is "commonly mapped to nothing"
/// is removed. NFKC is not applied: letters of Latin, Greek, Cyrillic, kana, Han and Hangul in their usual composed
/// form are unchanged by it, and for anything else the result is called uncertain.
[[nodiscard]] Prepared saslprep(std::string_view password);

}  // namespace lockkeeper::proxy
