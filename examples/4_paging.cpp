// Reading a table page by page, by its key: no OFFSET, no row twice, nothing held between two pages.
//
//   ./4_paging [URL]     without URL on a SQLite file; with one in the table example_event of that database
//
// Says: 950 events on 8 pages
#include <cstdint>
#include <iostream>
#include <ranges>
#include <string>
#include <tuple>

#include <lockkeeper/database.hpp>
#include <lockkeeper/insert.hpp>
#include <lockkeeper/keyset.hpp>

#include "example.hpp"

namespace {

using namespace lockkeeper;

void fill(Database& db) {
  example::make_table(db, "example_event", "id BIGINT PRIMARY KEY, day INTEGER NOT NULL, what VARCHAR(40) NOT NULL");
  db.transact([](TransactionRef tx) {
    auto events = std::views::iota(std::int64_t{0}, std::int64_t{1'000}) | std::views::transform([](std::int64_t id) {
                    return std::tuple(id, id / 100, "event " + std::to_string(id));
                  });
    insert_many(tx, "example_event", {"id", "day", "what"}, events);  // A few statements, not a thousand.
  });
}

void paging(const example::Place& place) {
  Database db(place.driver(), {.url = place.url()}, {.maximum_size = 4});
  fill(db);

  // Order and place are one declaration. The newest day comes first, and within a day the lowest id.
  const Keyset events({.select = "SELECT id, day, what FROM example_event WHERE id >= 50",
                       .key = {descending<std::int64_t>("day"), ascending<std::int64_t>("id")},
                       .page_size = 128});

  // Reading from the Database, each page is a statement by itself: slow work in this loop holds no connection.
  std::size_t pages = 0;
  std::size_t rows = 0;
  for (const KeysetPage& page : events.read(db)) {
    ++pages;
    rows += page.size();
  }
  std::cout << rows << " events on " << pages << " pages\n";

  // A page at a time, as a web interface gives them out: its token goes to the client and comes back for the next.
  const KeysetPage first = events.page("", db);
  const KeysetPage second = events.page(first.token(), db);
  const auto [id, day, what] = second.as<std::int64_t, std::int64_t, std::string>().front();
  std::cout << "the second page begins with " << what << " of day " << day << '\n';
}

}  // namespace

int main(int argc, char** argv) { return example::run(argc, argv, paging); }
