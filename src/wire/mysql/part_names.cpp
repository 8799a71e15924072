// The parts of an exchange, in words: for logs and tests.
#include "wire/mysql/reply_walker.hpp"

namespace lockkeeper::wire::mysql {

std::string_view to_string(ReplyPart part) noexcept {
  switch (part) {
    case ReplyPart::ok: return "ok";
    case ReplyPart::error: return "error";
    case ReplyPart::progress: return "progress";
    case ReplyPart::result_header: return "result header";
    case ReplyPart::column: return "column";
    case ReplyPart::end_of_columns: return "end of columns";
    case ReplyPart::row: return "row";
    case ReplyPart::end_of_rows: return "end of rows";
    case ReplyPart::prepared: return "prepared";
    case ReplyPart::parameter: return "parameter";
    case ReplyPart::end_of_parameters: return "end of parameters";
    case ReplyPart::file_request: return "file request";
    case ReplyPart::text: return "text";
    case ReplyPart::field: return "field";
    case ReplyPart::end_of_fields: return "end of fields";
    case ReplyPart::login: return "login";
    case ReplyPart::event: return "event";
    case ReplyPart::end_of_events: return "end of events";
    case ReplyPart::stream: return "stream";
    case ReplyPart::unexpected: return "unexpected";
  }
  return {};
}

std::string_view to_string(ClientPart part) noexcept {
  switch (part) {
    case ClientPart::login: return "login";
    case ClientPart::file: return "file";
    case ClientPart::end_of_file: return "end of file";
    case ClientPart::stream: return "stream";
    case ClientPart::unexpected: return "unexpected";
  }
  return {};
}

}  // namespace lockkeeper::wire::mysql
