// A cursor as text that may leave the process: base64url of version, declaration, checksum and the key's cells.
#pragma once

#include <string>
#include <string_view>

#include "client/keyset_declaration.hpp"

namespace lockkeeper::client {

/// Throws Failure (`misuse`) where the key is too long for a token.
[[nodiscard]] std::string to_token(const KeysetDeclaration& declaration, const Cursor& cursor);

/// Any bytes; throws Failure (`misuse`) where they are not a token of this declaration. No token: the beginning.
[[nodiscard]] Cursor from_token(const KeysetDeclaration& declaration, std::string_view token);

}  // namespace lockkeeper::client
