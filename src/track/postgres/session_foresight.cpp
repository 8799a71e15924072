// Whose work waits for a server connection, by the messages that have come of it.
//
// The first alone may not say: pgjdbc sends BEGIN without a word of whose it is, and behind it, in the same write, the
// statement that has the tags.
#include <algorithm>
#include <string_view>

#include "track/postgres/session.hpp"
#include "track/unit.hpp"
#include "wire/postgres/frontend.hpp"

namespace lockkeeper::track::postgres {
namespace {

namespace frontend = wire::postgres::frontend;
using wire::postgres::Bytes;

// More than a driver sends before its first statement (BEGIN, SET, their Binds and Executes); a long pipeline is not
// read to its end.
constexpr std::size_t most_messages = 32;

// Up to its end, or as far as it is here.
std::string_view text_of(Bytes rest) { return rest.substr(0, rest.find('\0')); }

// Of a statement that was prepared before, its text is no witness: it names the work that it was prepared for.
model::UnitId unit_in(char type, Bytes body, const sql::Options& options) {
  if (type == frontend::query) return unit_of(text_of(body), options);
  if (type != frontend::parse) return {};
  const std::size_t name_end = body.find('\0');
  return name_end == Bytes::npos ? model::UnitId() : unit_of(text_of(body.substr(name_end + 1)), options);
}

}  // namespace

void Session::foresee(Bytes waiting) {
  model::UnitId unit;
  for (std::size_t count = 0; count < most_messages && unit.value().empty(); ++count) {
    const auto header = wire::postgres::read_header(waiting);
    if (!header || !*header) break;
    unit = unit_in((*header)->type, waiting.substr(wire::postgres::header_size, (*header)->body), seeing().options());
    waiting.remove_prefix(std::min(waiting.size(), (*header)->size()));
  }
  recorder_.unit(unit);
}

}  // namespace lockkeeper::track::postgres
