// Names that go by SQL: DEALLOCATE, DISCARD ALL.
//
// What a client's name stands for is shared, and stays on the server: DEALLOCATE is of a stand-in that is made for it.
#include <utility>

#include "track/postgres/session.hpp"
#include "track/statement.hpp"
#include "wire/postgres/frontend.hpp"

namespace lockkeeper::track::postgres {

using model::WallTime;
using wire::postgres::Target;

// An empty statement, which cannot fail, in a failed transaction neither: a simple query behind what has failed would
// be skipped, and never answered.
void Session::make_stand_in(bool is_there, Output& out, WallTime now) {
  wire::postgres::append_close(out.to_server, Target::statement, stand_in);
  expect_ours(Expect::close, Purpose::prepare, now);
  if (!is_there) return;
  wire::postgres::append_parse(out.to_server, stand_in, "", std::string_view("\0\0", 2));
  expect_ours(Expect::parse, Purpose::prepare, now);
}

Step Session::deallocate(const Message& message, const Seen& seen, Output& out, WallTime now) {
  std::string name(*seen.traits.deallocate_name());
  const bool is_there = find(name) != nullptr;
  note_traits(*seen.statement, seen.traits, {}, out, now);
  if (is_there) make_stand_in(true, out, now);
  Expected& expected = expect(Expect::query, now);
  expected.statement = seen.statement;
  expected.by_stand_in = is_there;
  expected.deallocates = std::make_shared<const Deallocation>(name, is_there, seen.statement);
  drop_unnamed(expected);
  if (!is_there) return {};
  drop({std::move(name)}, expected);
  wire::postgres::append_query(out.to_server, "DEALLOCATE " + std::string(stand_in));
  return {.skip = wire::postgres::header_size + message.size};
}

// As psycopg drops what it has prepared: the unnamed statement is a DEALLOCATE.
DeallocationPtr Session::deallocation_by(std::string_view sql) const {
  const Seen& seen = seeing()(sql);
  const auto name = seen.traits.deallocate_name();
  if (!name) return nullptr;
  return std::make_shared<const Deallocation>(std::string(*name), find(*name) != nullptr, seen.statement);
}

// They are gone once the message is done.
void Session::drop(std::vector<std::string> names, Expected& expected) {
  for (const std::string& name : names) change(name, nullptr);
  expected.drops = std::make_shared<const std::vector<std::string>>(std::move(names));
}

void Session::drop_all(Expected& expected) {
  expected.drops_all = true;
  if (names_.empty()) return;
  std::vector<std::string> names;
  names.reserve(names_.size());
  for (const auto& [name, entry] : names_) {  // Others are being dropped in this batch already; none is open.
    if (entry.effective()) names.push_back(name);
  }
  drop(std::move(names), expected);
}

void Session::revert_drops(Expected& expected) {
  const NamesPtr drops = std::exchange(expected.drops, nullptr);
  if (!drops) return;
  for (const std::string& name : *drops) revert(name);
}

void Session::deallocated(Expected& expected, std::string_view command) {
  const bool all = command == "DEALLOCATE ALL" || command == "DISCARD ALL";
  if (!all && command != "DEALLOCATE") return;
  if (expected.drops_all && !all) return;  // Another one of a text that has several.
  if (const NamesPtr drops = std::exchange(expected.drops, nullptr)) {
    for (const std::string& name : *drops) confirm(name, nullptr);
  }
  if (all) {  // Also where the text did not show it.
    for (auto& [name, entry] : names_) entry.confirmed = nullptr;
    std::erase_if(names_, [](const auto& each) { return each.second.under_way == 0; });
  }
  // One of ours, by the name that only the server should know, counts as all of them: they are made again when needed.
  const bool ours =
      expected.deallocates && !expected.by_stand_in && expected.deallocates->name.starts_with(prepared_prefix);
  if (!all && !ours) return;
  server_->forget_all();
  for (const Expected& each : exchange_) {
    if (each.kind == Expect::parse && each.prepared && (each.purpose == Purpose::prepare || !each.name.empty()))
      server_->add(each.prepared, each.sent_at, each.batch);
  }
}

}  // namespace lockkeeper::track::postgres
