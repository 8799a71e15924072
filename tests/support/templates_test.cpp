// What is made once is whole, and made once, whoever else makes it, fails or is killed meanwhile.
#include "servers/templates.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "servers/private_start.hpp"
#include "support/servers.hpp"

namespace lockkeeper::testing {
namespace {

namespace fs = std::filesystem;
using servers::made_once;
using servers::made_once_here;

// A child that ends with 0 where `work` returns true.
pid_t child_that(const std::function<bool()>& work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work() ? 0 : 1);
  return child;
}

int status_of(pid_t child) {
  int status = -1;
  ::waitpid(child, &status, 0);
  return status;
}

void make_text(const fs::path& folder, const std::string& text) {
  fs::create_directory(folder);
  write_file(folder / "text", text);
}

class MadeOnce : public ::testing::Test {
 protected:
  MadeOnce() { ::setenv(name, shared_.path().c_str(), 1); }
  ~MadeOnce() override {
    if (before_.empty()) {
      ::unsetenv(name);
    } else {
      ::setenv(name, before_.c_str(), 1);
    }
  }

  static constexpr const char* name = "LOCKKEEPER_SERVER_TEMPLATES";
  TemporaryFolder shared_;

 private:
  std::string before_ = std::getenv(name) == nullptr ? "" : std::getenv(name);
};

TEST_F(MadeOnce, IsTheFirstOnesForAllProcesses) {
  const fs::path begun = shared_.path() / "begun";
  const auto first = child_that([&] {
    return !made_once("it", [&](const fs::path& folder) {
              write_file(begun, "");
              // The other one waits by now: it has said so, or will find all of it anyhow.
              static_cast<void>(becomes_true([&] { return fs::exists(shared_.path() / "second"); }, default_patience));
              make_text(folder, "the first one's");
            }).empty();
  });
  wait_until([&] { return fs::exists(begun); }, default_patience, "the first one to begin");
  std::vector<pid_t> others;
  for (int each = 0; each < 3; ++each) {
    others.push_back(child_that([&] {
      write_file(shared_.path() / "second", "");
      const fs::path found = made_once("it", [](const fs::path& folder) { make_text(folder, "another one's"); });
      return servers::read_text(found / "text") == "the first one's";
    }));
  }
  EXPECT_EQ(status_of(first), 0);
  for (const pid_t other : others) EXPECT_EQ(status_of(other), 0);
}

TEST_F(MadeOnce, IsMadeAnewWhereItsMakerWasKilled) {
  const auto killed = child_that([] {
    return !made_once("it", [](const fs::path& folder) {
              make_text(folder, "half");
              ::raise(SIGKILL);
            }).empty();
  });
  EXPECT_TRUE(WIFSIGNALED(status_of(killed)));
  const fs::path found = made_once("it", [](const fs::path& folder) { make_text(folder, "whole"); });
  EXPECT_EQ(found, shared_.path() / "it");
  EXPECT_EQ(servers::read_text(found / "text"), "whole");
}

TEST_F(MadeOnce, AFailureIsPassedOnAndLeavesNothing) {
  const auto fail = [](const fs::path& folder) {
    make_text(folder, "half");
    throw std::runtime_error("no room");
  };
  EXPECT_THROW(static_cast<void>(made_once("it", fail)), std::runtime_error);
  const fs::path found = made_once("it", [](const fs::path& folder) { make_text(folder, "whole"); });
  EXPECT_EQ(servers::read_text(found / "text"), "whole");
}

TEST_F(MadeOnce, IsItsProcessesOwnOtherwise) {
  ::unsetenv(name);
  const auto make = [](const fs::path& folder) { make_text(folder, "mine"); };
  const fs::path found = made_once("it", make);
  EXPECT_NE(found.parent_path(), shared_.path());
  EXPECT_EQ(made_once("it", [](const fs::path&) { throw std::logic_error("made twice"); }), found);
  EXPECT_EQ(made_once_here("it", make), found);
  EXPECT_EQ(status_of(child_that([&] { return made_once("it", make) != found; })), 0) << "a child's own";
  EXPECT_TRUE(fs::exists(found)) << "what a child has is the child's to remove";
}

}  // namespace
}  // namespace lockkeeper::testing
