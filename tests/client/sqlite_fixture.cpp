#include "client/sqlite_fixture.hpp"

namespace lockkeeper::testing {

Error error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Failure& failure) {
    return failure.error();
  }
  ADD_FAILURE() << "nothing failed";
  return {};
}

}  // namespace lockkeeper::testing
