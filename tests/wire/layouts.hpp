// PostgreSQL's messages as a table: a description of the protocol that owes nothing to src/wire, to check it by.
//
// A layout is a list of fields, "name:form name:form". Forms:
//   b  one byte, a character                      i  Int32        h  Int16        c  Int8
//   z  text with its terminator                   r  all bytes up to the end
//   s  Int32 length and bytes; -1: NULL           =N Int32 that is always N (has no name)
//   H(..)  Int16 count, and so many groups        I(..)  Int32 count, and so many groups
//   Z(..)  groups until a zero byte in place of the next one
#pragma once

#include <string_view>
#include <vector>

namespace lockkeeper::testing {

enum class Side : char { frontend = 'F', backend = 'B' };

struct Layout {
  Side side = Side::frontend;
  std::string_view name;
  char type = 0;  ///< 0: no type and no length; '@': a start-up packet, a length alone.
  std::string_view fields;
};

[[nodiscard]] const std::vector<Layout>& layouts();

}  // namespace lockkeeper::testing
