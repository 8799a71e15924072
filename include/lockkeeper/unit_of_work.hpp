// Who holds leases together: a thread, or a request, task or job that the application names.
//
//   UnitOfWork unit("GET /orders/17");     // until the end of the scope
//
// Without one, every thread is a unit of its own.
#pragma once

#include <string>
#include <string_view>

namespace lockkeeper {

namespace client {
class Unit;
}

/// Makes the calling thread work for a named unit until the scope ends; scopes nest. Leases taken meanwhile belong to
/// the unit. Several threads may work for one unit through `Entry`. Destroyed on the thread that made it, after every
/// Entry.
///
/// Deadlock detection takes a unit for blocked when all its threads are. So a lease is released by its own unit: a
/// thread that is to release what another unit took must enter that unit first.
class UnitOfWork {
 public:
  explicit UnitOfWork(std::string_view name);
  UnitOfWork(const UnitOfWork&) = delete;
  UnitOfWork& operator=(const UnitOfWork&) = delete;
  ~UnitOfWork();

  /// Another thread's share in the unit, on that thread, until the scope ends.
  class Entry {
   public:
    explicit Entry(UnitOfWork& unit);
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    ~Entry();

   private:
    client::Unit* unit_;
    client::Unit* before_;
  };

  /// The name of the calling thread's unit.
  [[nodiscard]] static std::string current();

 private:
  client::Unit* before_;
  client::Unit* unit_;
};

}  // namespace lockkeeper
