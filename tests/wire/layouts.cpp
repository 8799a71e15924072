#include "wire/layouts.hpp"

namespace lockkeeper::testing {

// Where messages share a type, the first whose layout fits is the one; a password's forms are told apart by what the
// server asked for.
const std::vector<Layout>& layouts() {
  constexpr Side front = Side::frontend;
  constexpr Side back = Side::backend;
  static const std::vector<Layout> all = {
      {front, "SSLRequest", '@', "=80877103"},
      {front, "GSSENCRequest", '@', "=80877104"},
      {front, "CancelRequest", '@', "=80877102 pid:i secret:r"},
      {front, "Startup", '@', "version:i parameters:Z(zz)"},
      {front, "Bind", 'B', "portal:z statement:z formats:H(h) values:H(s) results:H(h)"},
      {front, "Close", 'C', "target:b name:z"},
      {front, "CopyData", 'd', "data:r"},
      {front, "CopyDone", 'c', ""},
      {front, "CopyFail", 'f', "why:z"},
      {front, "Describe", 'D', "target:b name:z"},
      {front, "Execute", 'E', "portal:z rows:i"},
      {front, "Flush", 'H', ""},
      {front, "FunctionCall", 'F', "function:i formats:H(h) values:H(s) result:h"},
      {front, "Parse", 'P', "name:z sql:z types:H(i)"},
      {front, "SASLInitialResponse", 'p', "mechanism:z data:s"},
      {front, "Password", 'p', "password:z"},
      {front, "SASLResponse", 'p', "data:r"},
      {front, "Query", 'Q', "sql:z"},
      {front, "Sync", 'S', ""},
      {front, "Terminate", 'X', ""},
      {back, "EncryptionAnswer", 0, "answer:b"},
      {back, "AuthenticationOk", 'R', "=0"},
      {back, "AuthenticationCleartextPassword", 'R', "=3"},
      {back, "AuthenticationMD5Password", 'R', "=5 salt:r"},
      {back, "AuthenticationSASL", 'R', "=10 mechanisms:Z(z)"},
      {back, "AuthenticationSASLContinue", 'R', "=11 data:r"},
      {back, "AuthenticationSASLFinal", 'R', "=12 data:r"},
      {back, "BackendKeyData", 'K', "pid:i secret:r"},
      {back, "BindComplete", '2', ""},
      {back, "CloseComplete", '3', ""},
      {back, "CommandComplete", 'C', "tag:z"},
      {back, "CopyBothResponse", 'W', "format:c columns:H(h)"},
      {back, "CopyData", 'd', "data:r"},
      {back, "CopyDone", 'c', ""},
      {back, "CopyInResponse", 'G', "format:c columns:H(h)"},
      {back, "CopyOutResponse", 'H', "format:c columns:H(h)"},
      {back, "DataRow", 'D', "values:H(s)"},
      {back, "EmptyQueryResponse", 'I', ""},
      {back, "ErrorResponse", 'E', "fields:Z(bz)"},
      {back, "FunctionCallResponse", 'V', "value:s"},
      {back, "NegotiateProtocolVersion", 'v', "version:i options:I(z)"},
      {back, "NoData", 'n', ""},
      {back, "NoticeResponse", 'N', "fields:Z(bz)"},
      {back, "NotificationResponse", 'A', "pid:i channel:z payload:z"},
      {back, "ParameterDescription", 't', "types:H(i)"},
      {back, "ParameterStatus", 'S', "name:z value:z"},
      {back, "ParseComplete", '1', ""},
      {back, "PortalSuspended", 's', ""},
      {back, "ReadyForQuery", 'Z', "status:b"},
      {back, "RowDescription", 'T', "columns:H(zihihih)"},
  };
  return all;
}

}  // namespace lockkeeper::testing
