#include "demo/stage.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include <lockkeeper/error.hpp>

#include "demo/address.hpp"

namespace lockkeeper::demo {
namespace {

/// What its users give up after: shorter than the 30 s that are usual, so that it can be watched.
constexpr std::chrono::milliseconds users_patience{1'500};

}  // namespace

Stage::Stage(const Surroundings& surroundings, Story& story, const PoolWish& wish)
    : surroundings_(surroundings), story_(story) {
  auto recorder = surroundings.record(surroundings.url, wish, play_limits());
  if (!recorder) throw std::runtime_error("no recorder could be started: " + recorder.error());
  recorder_ = *std::move(recorder);
  Address address = address_of(surroundings.url);
  address.server = recorder_.address;
  url_ = address.url();
}

Session Stage::connect(const std::string& application, std::chrono::milliseconds wait, std::string unit) const {
  return {*surroundings_.driver, url_, application, in(wait), std::move(unit)};
}

Session Stage::connect_directly(const std::string& application) const {
  return {*surroundings_.driver, surroundings_.url, application, in(std::chrono::seconds(30))};
}

bool Stage::sees_empty_pool(const std::string& application, const std::string& who) const {
  try {
    const Session session = connect(application, users_patience);
    return false;
  } catch (const Failure&) {
    const auto seconds = std::chrono::duration<double>(users_patience).count();
    story_.note(fmt::format("The pool is empty: {} waits {:.1f} s for a connection, and gives up.", who, seconds));
    return true;
  }
}

void Stage::end() {
  recorder_.conductor.reset();
  recorder_.proxy.reset();
}

bool Stage::comes_true(const std::function<bool()>& condition, std::chrono::milliseconds within) const {
  return demo::comes_true(condition, in(within), surroundings_.interrupted);
}

}  // namespace lockkeeper::demo
