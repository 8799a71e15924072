// What a shell and whoever reports a fault have of the program: completions, run by the shells they are for, and
// `version`.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "cli/program.hpp"

namespace lockkeeper::testing {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class Completion : public ::testing::Test {
 protected:
  std::filesystem::path script(const std::string& shell) {
    const Finished written = lockkeeper({"completion", shell});
    EXPECT_EQ(written.status, 0) << written;
    EXPECT_EQ(written.error, "");
    std::filesystem::path path = folder_.path() / (shell == "zsh" ? "_lockkeeper" : "lockkeeper." + shell);
    std::ofstream(path) << written.out;
    return path;
  }
  static std::string told(const std::vector<std::string>& command) {
    const CommandResult result = run_command(command, std::nullopt, default_patience);
    EXPECT_EQ(result.status, 0) << result.output;
    return result.output;
  }

  // What bash offers for the last of these words, which may be unfinished.
  std::string bash(const std::string& words) {
    return told({"/bin/bash", "--norc", "-c",
                 "compopt() { echo \"compopt $*\"; }; source " + script("bash").string() + "; COMP_WORDS=(lockkeeper " +
                     words + "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _lockkeeper; echo \"${COMPREPLY[*]}\""});
  }
  std::string fish(const std::string& line) {
    return told({"/usr/bin/fish", "--no-config", "-c",
                 "source " + script("fish").string() + "; complete -C 'lockkeeper " + line + "'"});
  }

  TemporaryFolder folder_;
};

TEST_F(Completion, BashKnowsCommandsOptionsAndValues) {
  EXPECT_EQ(bash("doc"), "doctor\n");
  EXPECT_EQ(bash("completion ''"), "compopt -o default\n\n");
  EXPECT_EQ(bash("doctor --fail"), "--fail-on\n");
  EXPECT_EQ(bash("doctor --fail-on c"), "critical\n");
  EXPECT_EQ(bash("run --pool-mode ''"), "session transaction\n");
  EXPECT_EQ(bash("run --config ''"), "compopt -o default\n\n");
  EXPECT_EQ(bash("run --listen ''"), "\n") << "an address cannot be guessed";
  EXPECT_EQ(bash("kill --min-"), "--min-idle --min-wait\n");
}

TEST_F(Completion, FishSaysWhatEachIsFor) {
  EXPECT_THAT(fish("doc"), StartsWith("doctor\tLook at servers"));
  EXPECT_THAT(fish("run --pool-m"), StartsWith("--pool-mode\t"));
  EXPECT_THAT(fish("run --pool-mode tr"), StartsWith("transaction\t"));
  EXPECT_THAT(fish("kill --"), AllOf(HasSubstr("--finding\t"), HasSubstr("--yes\t"), Not(HasSubstr("--pool-mode"))));
}

TEST_F(Completion, ZshTakesTheScript) {
  const std::string path = script("zsh").string();
  EXPECT_THAT(told({"/usr/bin/zsh", "-f", "-n", path}), IsEmpty());
  const std::string loaded =
      told({"/usr/bin/zsh", "-f", "-c",
            "autoload -U compinit; compinit -D -u; source " + path +
                "; echo ${_comps[lockkeeper]}; _describe() { echo \"$1 ${(P)#2}\" }; "
                "_arguments() { print -rl -- $@ }; words=(lockkeeper d); CURRENT=2; _lockkeeper; "
                "words=(lockkeeper kill --f); CURRENT=3; _lockkeeper"});
  EXPECT_THAT(loaded, StartsWith("_lockkeeper\ncommand "));
  EXPECT_THAT(loaded, HasSubstr("*--finding[Act on the sessions of this finding]:value:()\n"));
  EXPECT_THAT(loaded, HasSubstr("*--audit[Append every action to this file")) << loaded;
  EXPECT_THAT(loaded, HasSubstr("\\[default\\: ~/.local/state/lockkeeper/audit.jsonl\\]]:file:_files"));
}

TEST_F(Completion, AnotherShellIsRefused) {
  const Finished refused = lockkeeper({"completion", "tcsh"});
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.error, StartsWith("error: \"tcsh\" is none of bash, zsh, fish\n"));
}

TEST(Version, TellsWhatTheProgramWasBuiltFromAndWith) {
  const Finished told = lockkeeper({"version"});
  EXPECT_EQ(told.status, 0) << told;
  EXPECT_THAT(told.out, StartsWith(lockkeeper({"--version"}).out));
  EXPECT_THAT(told.out, ContainsRegex("\ncompiler    (GNU|Clang) [0-9.]+, Debug\n"));
  EXPECT_THAT(told.out, ContainsRegex("\nlibraries   Boost [0-9.]+, fmt [0-9.]+, libmariadb [0-9.]+, libpq [0-9.]+, "
                                      "liburing [0-9.]+, OpenSSL [0-9.]+[a-z]*, SQLite [0-9.]+\n"));
}

TEST(Version, IsJsonToo) {
  const TemporaryFolder folder;
  const Finished told = lockkeeper({"version", "--json"});
  EXPECT_EQ(told.status, 0) << told;
  std::ofstream(folder.path() / "lines") << told.out;
  const Finished verdict = Program({.arguments = {LOCKKEEPER_SOURCE_DIR "/tests/cli/schema.py", "version",
                                                  (folder.path() / "lines").string()},
                                    .program = "/usr/bin/python3"})
                               .finish();
  EXPECT_EQ(verdict.status, 0) << verdict;
}

}  // namespace
}  // namespace lockkeeper::testing
