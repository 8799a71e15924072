// Where the result goes: colours, full disks, readers that have gone.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/scene.hpp"

namespace lockkeeper::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* escape = "\x1b[";

TEST(Output, NoColourUnlessOnATerminal) {
  Scene scene;
  EXPECT_THAT(lockkeeper({"doctor", scene.url()}).all(), Not(HasSubstr(escape)));
}

TEST(Output, ColourWhenAskedFor) {
  Scene scene;
  EXPECT_THAT(lockkeeper({"doctor", scene.url(), "--color", "always"}).out, HasSubstr(escape));
  EXPECT_THAT(lockkeeper({"doctor", scene.url(), "--color", "always"}, {{"NO_COLOR", "1"}}).out, HasSubstr(escape))
      << "what is asked for by name wins";
  EXPECT_THAT(lockkeeper({"doctor", scene.url(), "--color", "never"}).out, Not(HasSubstr(escape)));
  EXPECT_THAT(lockkeeper({"doctor", "postgresql://127.0.0.1:1/x", "--color", "always"}).error, HasSubstr(escape));
  EXPECT_THAT(lockkeeper({"doctor", scene.url(), "--color", "always", "--json"}).out, Not(HasSubstr(escape)));
}

// util-linux's script gives the program a terminal.
TEST(Output, ColourOnATerminalUnlessNoColourIsSet) {
  Scene scene;
  const std::string in_terminal = "script -qec 'lockkeeper doctor " + scene.url() + "' /dev/null";
  EXPECT_THAT(shell(in_terminal).out, HasSubstr(escape));
  EXPECT_THAT(shell(in_terminal, {{"NO_COLOR", ""}}).out, HasSubstr(escape)) << "empty means unset: no-color.org";
  EXPECT_THAT(shell(in_terminal, {{"NO_COLOR", "1"}}).out, Not(HasSubstr(escape)));
}

TEST(Output, AFullDiskIsNoSuccess) {
  Scene scene;
  for (const auto& arguments :
       {std::vector<std::string>{"doctor", scene.url()}, {"doctor", scene.url(), "--json"}, {"--help"}}) {
    const Finished result = Program({.arguments = arguments, .out = "/dev/full"}).finish();
    EXPECT_EQ(result.status, 3) << result;
    EXPECT_THAT(result.error, HasSubstr("could not be written to standard output: is the disk full"));
  }
}

TEST(Output, AReaderThatHasGoneIsNoSuccess) {
  Scene scene;
  scene.leak(1);
  // The reader closes its end before the doctor has anything to say: a named pipe orders the two.
  const TemporaryFolder folder;
  const auto pipe = (folder.path() / "pipe").string();
  const Finished result =
      shell("mkfifo " + pipe + "; exec 3<>" + pipe + "; (exec 4>" + pipe + " 3<&-; lockkeeper doctor '" + scene.url() +
            "' --min-idle 0 --for 200ms >&4; echo \"status $?\" >&2) & exec 3<&-; wait");
  EXPECT_THAT(result.error, HasSubstr("could not be written to standard output"));
  EXPECT_THAT(result.error, HasSubstr("status 3"));
}

TEST(Output, ClosedStandardOutputIsNoSuccess) {
  Scene scene;
  EXPECT_EQ(shell("lockkeeper doctor '" + scene.url() + "' >&-").status, 3);
}

}  // namespace
}  // namespace lockkeeper::testing
