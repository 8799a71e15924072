#include "wire/mysql/reply_walker.hpp"

#include <algorithm>
#include <limits>

#include "wire/mysql/login.hpp"

namespace lockkeeper::wire::mysql {
namespace {

constexpr std::uint32_t most_eof = 8;  // A row's cell that begins with 0xfe takes 9 bytes for its length alone.
constexpr std::uint32_t eof_size = 5;

std::uint8_t first_byte(Bytes head) noexcept { return static_cast<std::uint8_t>(head.front()); }

// Whether a command may be answered with several results: whose flag that more follow is to be believed.
bool may_have_several(Command command) noexcept {
  return command == Command::query || command == Command::execute || command == Command::bulk_execute;
}

std::uint64_t sum(std::uint64_t one, std::uint64_t other) noexcept {
  return one > std::numeric_limits<std::uint64_t>::max() - other ? std::numeric_limits<std::uint64_t>::max()
                                                                 : one + other;
}

}  // namespace

ReplyWalker::State ReplyWalker::first_state(Command command) noexcept {
  switch (command) {
    case Command::quit:
    case Command::close_statement:
    case Command::send_long_data: return State::done;
    case Command::prepare: return State::prepared;
    case Command::fetch: return State::rows;
    case Command::field_list: return State::fields;
    case Command::statistics: return State::text;
    case Command::change_user: return State::login;
    case Command::binlog_dump:
    case Command::binlog_dump_gtid:
    case Command::table_dump: return State::events;
    case Command::clone:
    case Command::group_replication: return State::stream;
    default: return State::first;
  }
}

ReplyWalker::ReplyWalker(Command command, Capabilities capabilities) noexcept
    : command_(command), capabilities_(capabilities), state_(first_state(command)) {}

ReplyPart ReplyWalker::server(Bytes head, std::uint32_t size) noexcept {
  outcome_.bytes += header_size + std::uint64_t{size};
  if (state_ == State::text && size == 0) return dispatch(head, size);
  if (state_ == State::stream) return ReplyPart::stream;
  if (state_ == State::done || state_ == State::lost || head.empty() || size < head.size()) return lose();
  return first_byte(head) == 0xff ? error(head) : dispatch(head, size);
}

ReplyPart ReplyWalker::dispatch(Bytes head, std::uint32_t size) noexcept {
  switch (state_) {
    case State::first: return first(head, size);
    case State::file: return ok(head, size);
    case State::columns: return column(ReplyPart::column);
    case State::end_of_columns: return end_of_columns(head, size);
    case State::rows: return row(head, size);
    case State::prepared: return prepared(head);
    case State::parameters: return column(ReplyPart::parameter);
    case State::end_of_parameters: return end_of_columns(head, size);
    case State::prepared_columns: return column(ReplyPart::column);
    case State::end_of_prepared_columns: return end_of_columns(head, size);
    case State::fields: return fields(head, size);
    case State::text: state_ = State::done; return ReplyPart::text;
    case State::login: return login(head, size);
    case State::events: return events(head, size);
    default: return lose();
  }
}

ReplyPart ReplyWalker::first(Bytes head, std::uint32_t size) noexcept {
  if (first_byte(head) == 0x00 || first_byte(head) == 0xfe) return ok(head, size);
  if (first_byte(head) != 0xfb) return header(head);
  if (!decode_file_request(head)) return lose();
  file_open_ = true;
  state_ = State::file;
  return ReplyPart::file_request;
}

ReplyPart ReplyWalker::ok(Bytes head, std::uint32_t size) noexcept {
  const std::uint8_t first = first_byte(head);
  if ((first != 0x00 && first != 0xfe) || !read_end(head, size)) return lose();
  end_result();
  return ReplyPart::ok;
}

ReplyPart ReplyWalker::header(Bytes head) noexcept {
  const auto header = decode_result_header(head, capabilities_);
  if (!header) return lose();
  begin_columns(header->definitions ? header->columns : 0, State::columns, State::end_of_columns);
  return ReplyPart::result_header;
}

// So many definitions, and an EOF without `deprecate_eof`. Where they are left out the EOF is not.
void ReplyWalker::begin_columns(std::uint64_t count, State definitions, State end) noexcept {
  left_ = count;
  state_ = count > 0 ? definitions : end;
  if (count == 0 && capabilities_.has(Capability::deprecate_eof)) go_on();
}

ReplyPart ReplyWalker::column(ReplyPart part) noexcept {
  if (--left_ > 0) return part;
  switch (state_) {
    case State::columns: state_ = State::end_of_columns; break;
    case State::parameters: state_ = State::end_of_parameters; break;
    default: state_ = State::end_of_prepared_columns; break;
  }
  if (capabilities_.has(Capability::deprecate_eof)) go_on();
  return part;
}

// Past the end of a list of definitions.
void ReplyWalker::go_on() noexcept {
  const Prepared& prepared = outcome_.prepared;
  if (state_ == State::end_of_columns) {
    state_ = State::rows;
  } else if (state_ == State::end_of_parameters && prepared.columns > 0) {
    begin_columns(prepared.definitions ? prepared.columns : 0, State::prepared_columns, State::end_of_prepared_columns);
  } else {
    end_result();
  }
}

ReplyPart ReplyWalker::end_of_columns(Bytes head, std::uint32_t size) noexcept {
  if (!is_end(head, size) || !read_end(head, size)) return lose();
  if (state_ == State::end_of_columns && command_ == Command::execute && outcome_.status.cursor_exists()) {
    end_result();  // The rows are to be fetched.
    return ReplyPart::end_of_rows;
  }
  const bool parameters = state_ == State::end_of_parameters;
  more_after_rows_ = outcome_.status.out_parameters() && outcome_.status.more_results();
  go_on();
  return parameters ? ReplyPart::end_of_parameters : ReplyPart::end_of_columns;
}

ReplyPart ReplyWalker::row(Bytes head, std::uint32_t size) noexcept {
  if (!is_end(head, size)) {
    ++outcome_.rows;
    return ReplyPart::row;
  }
  if (!read_end(head, size)) return lose();
  end_result();
  return ReplyPart::end_of_rows;
}

ReplyPart ReplyWalker::prepared(Bytes head) noexcept {
  const auto prepared = decode_prepared(head, capabilities_);
  if (!prepared) return lose();
  outcome_.prepared = *prepared;
  outcome_.warnings = prepared->warnings;
  if (prepared->parameters > 0) {
    begin_columns(prepared->definitions ? prepared->parameters : 0, State::parameters, State::end_of_parameters);
  } else {
    state_ = State::end_of_parameters;
    go_on();
  }
  return ReplyPart::prepared;
}

ReplyPart ReplyWalker::fields(Bytes head, std::uint32_t size) noexcept {
  if (!is_end(head, size)) return ReplyPart::field;
  if (!read_end(head, size)) return lose();
  end_result();
  return ReplyPart::end_of_fields;
}

ReplyPart ReplyWalker::login(Bytes head, std::uint32_t size) noexcept {
  switch (login_reply(head)) {
    case LoginReply::ok: return ok(head, size);
    case LoginReply::switch_plugin:
    case LoginReply::more_data:
    case LoginReply::next_factor: return ReplyPart::login;
    default: return lose();
  }
}

ReplyPart ReplyWalker::events(Bytes head, std::uint32_t size) noexcept {
  if (first_byte(head) == 0x00) return ReplyPart::event;
  if (first_byte(head) != 0xfe || !read_end(head, size)) return lose();
  end_result();
  return ReplyPart::end_of_events;
}

ReplyPart ReplyWalker::error(Bytes head) noexcept {
  if (decode_progress(head)) return ReplyPart::progress;
  const auto error = decode_error(head);
  if (!error) return lose();
  outcome_.failed = true;
  outcome_.error_code = error->code;
  error->sqlstate.copy(outcome_.sqlstate.data(), outcome_.sqlstate.size());
  state_ = State::done;
  return ReplyPart::error;
}

ReplyPart ReplyWalker::lose() noexcept {
  state_ = State::lost;
  return ReplyPart::unexpected;
}

// The end of a result; with several in the reply, the next may follow.
void ReplyWalker::end_result() noexcept {
  ++outcome_.results;
  const bool more = outcome_.has_status && outcome_.status.more_results();
  state_ = may_have_several(command_) && (more || more_after_rows_) ? State::first : State::done;
  more_after_rows_ = false;
}

// EOF, or the OK in its place: no row or definition of that size begins with this byte.
bool ReplyWalker::is_end(Bytes head, std::uint32_t size) const noexcept {
  return first_byte(head) == 0xfe && size <= (capabilities_.has(Capability::deprecate_eof) ? most_body - 1 : most_eof);
}

// The status of an OK or EOF; false where it is neither.
bool ReplyWalker::read_end(Bytes head, std::uint32_t size) noexcept {
  if (size == eof_size) {
    const auto eof = decode_eof(head);
    if (!eof) return false;
    outcome_.status = eof->status;
    outcome_.warnings = eof->warnings;
  } else {
    const auto ok = decode_ok(head);
    if (!ok) return false;
    outcome_.status = ok->status;
    outcome_.warnings = ok->warnings;
    outcome_.affected_rows = sum(outcome_.affected_rows, ok->affected_rows);
    if (ok->last_insert_id != 0) outcome_.last_insert_id = ok->last_insert_id;
  }
  outcome_.has_status = true;
  return true;
}

ClientPart ReplyWalker::client(std::uint32_t size) noexcept {
  if (state_ == State::login) return ClientPart::login;
  if (state_ == State::events || state_ == State::stream) return ClientPart::stream;
  if (!file_open_) return ClientPart::unexpected;
  file_open_ = size > 0;
  return file_open_ ? ClientPart::file : ClientPart::end_of_file;
}

bool ReplyWalker::client_speaks() const noexcept {
  return file_open_ || state_ == State::login || state_ == State::events || state_ == State::stream;
}

}  // namespace lockkeeper::wire::mysql
