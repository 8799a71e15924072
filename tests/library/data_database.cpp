#include <lockkeeper/database.hpp>

#include "library/data_engine.hpp"

namespace lockkeeper::testing {

Database OnEngine::database(std::size_t connections) {
  return {driver(), target_of(tested().url), settings(connections), events_};
}

}  // namespace lockkeeper::testing
