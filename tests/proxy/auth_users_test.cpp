// The user file.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "proxy/auth/crypto.hpp"
#include "proxy/auth/md5.hpp"
#include "proxy/auth/users.hpp"
#include "support/servers.hpp"

namespace lockkeeper::proxy {
namespace {

Key process_key(unsigned char first = 1) {
  Key key;
  key.bytes[0] = first;
  return key;
}

std::shared_ptr<const Users> users_of(std::string_view text) {
  auto users = Users::parse(text, process_key());
  if (users) return *users;
  for (const auto& [line, message] : users.error()) ADD_FAILURE() << line << ": " << message;
  return Users::nobody(process_key());
}

std::string verifier(std::uint32_t iterations = 4096) {
  return to_string(make_scram_verifier("secret", "0123456789abcdef", iterations));
}

TEST(Users, ReadsEveryKindOfSecret) {
  const auto users = users_of("; users of the shop\n\n  \"alice\" \"wonder\"\"land\"\r\n\"bob\"\t\"" +
                              *md5_hash("x", "bob") + "\"\n\"carol\" \"" + verifier() + "\" ; and more\n\"dave\" \"\"");
  ASSERT_EQ(users->size(), 4U);
  ASSERT_NE(users->find("alice"), nullptr);
  EXPECT_EQ(users->find("alice")->kind, SecretKind::password);
  EXPECT_EQ(users->find("alice")->secret, Secret("wonder\"land"));
  EXPECT_EQ(users->find("bob")->kind, SecretKind::md5);
  EXPECT_EQ(users->find("carol")->kind, SecretKind::scram);
  EXPECT_EQ(users->find("carol")->verifier->salt, "0123456789abcdef");
  EXPECT_EQ(users->find("dave")->kind, SecretKind::none);
  EXPECT_EQ(users->find("Alice"), nullptr);
}

TEST(Users, TellsAllErrorsWithTheirLines) {
  const auto users = Users::parse(
      "\"a\" \"b\"\nalice wonderland\n\"c\"\n\"d\" \"open\n\"a\" \"again\"\n\"e\" \"SCRAM-SHA-256$x\"\n\"\" \"f\"\n",
      process_key());
  ASSERT_FALSE(users);
  std::vector<std::size_t> lines;
  for (const UserError& error : users.error()) lines.push_back(error.line);
  EXPECT_EQ(lines, (std::vector<std::size_t>{2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(users.error()[0].message, "a line is \"name\" \"password\", both in double quotes");
  EXPECT_EQ(users.error()[3].message, "the user \"a\" stands in an earlier line too");
}

TEST(Users, IsBounded) {
  EXPECT_FALSE(Users::parse("\"" + std::string(300, 'n') + "\" \"p\"", process_key()));
  EXPECT_FALSE(Users::parse("\"n\" \"" + std::string(5000, 'p') + "\"", process_key()));
  EXPECT_FALSE(Users::parse(std::string(most_user_file + 1, '\n'), process_key()));
  std::string wrong;
  for (int line = 0; line < 1000; ++line) wrong += "wrong\n";
  EXPECT_EQ(Users::parse(wrong, process_key()).error().size(), 100U);
}

TEST(Users, CutAnywhereIsReadOrRefused) {
  const std::string text = "\"alice\" \"wonder\"\"land\"\n\"carol\" \"" + verifier() + "\"\n";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    const auto users = Users::parse(std::string_view(text).substr(0, size), process_key());
    EXPECT_TRUE(users ? (*users)->size() <= 2 : !users.error().empty()) << size;
  }
}

TEST(Users, WhoIsNotThereLooksLikeTheOthers) {
  const auto passwords = users_of("\"alice\" \"wonderland\"\n");
  const ScramVerifier& alice = passwords->verifier_of(*passwords->find("alice"));
  EXPECT_TRUE(matches(alice, "wonderland"));
  EXPECT_EQ(&alice, &passwords->verifier_of(*passwords->find("alice"))) << "made once";
  const ScramVerifier nobody = passwords->made_up_verifier("nobody");
  EXPECT_EQ(nobody.iterations, alice.iterations);
  EXPECT_EQ(nobody.salt.size(), alice.salt.size());
  EXPECT_EQ(nobody.salt, users_of("")->made_up_verifier("nobody").salt) << "the same after a reload";
  EXPECT_NE(nobody.salt, passwords->made_up_verifier("nobody else").salt);
  EXPECT_EQ(passwords->made_up_verifier("alice").salt, alice.salt) << "the salt tells nothing of who is there";
  EXPECT_NE(nobody.salt, Users::nobody(process_key(2))->made_up_verifier("nobody").salt) << "another process";
  EXPECT_FALSE(passwords->mostly_verifiers());
  const auto verifiers =
      users_of("\"a\" \"" + verifier(5000) + "\"\n\"b\" \"" + verifier(5000) + "\"\n\"c\" \"" + verifier(1) + "\"\n");
  EXPECT_TRUE(verifiers->mostly_verifiers());
  EXPECT_EQ(verifiers->made_up_verifier("nobody").iterations, 5000U);
}

TEST(Users, AVerifierIsMadeOnceForAllThreads) {
  const auto users = users_of("\"alice\" \"wonderland\"\n");
  std::array<const ScramVerifier*, 4> made{};
  {
    std::vector<std::jthread> threads;
    for (auto& one : made) threads.emplace_back([&] { one = &users->verifier_of(*users->find("alice")); });
  }
  for (const auto* one : made) EXPECT_EQ(one, made[0]);
}

TEST(Users, OfAUrlIsOneWhateverThePasswordLooksLike) {
  const auto users = Users::only("alice", *md5_hash("x", "alice"), process_key());
  EXPECT_EQ(users->find("alice")->kind, SecretKind::password);
  EXPECT_EQ(Users::only("alice", "", process_key())->find("alice")->kind, SecretKind::none);
}

TEST(Users, WarnsOfPasswordsThatScramMightNormalise) {
  const auto users = users_of(
      "\"alice\" \"u\xcc\x88"
      "ber\"\n\"bob\" \"\xc3\xbc"
      "ber\"\n");
  ASSERT_EQ(users->warnings().size(), 1U);
  EXPECT_NE(users->warnings()[0].find("\"alice\""), std::string::npos);
  EXPECT_EQ(users->warnings()[0].find("ber\""), std::string::npos) << "never the password";
}

TEST(UserFile, IsReadWithItsWarnings) {
  const testing::TemporaryFolder folder;
  const std::string path = folder.path() / "users.txt";
  testing::write_file(path, "\"alice\" \"wonderland\"\n");
  ASSERT_EQ(::chmod(path.c_str(), 0644), 0);
  const auto open = read_user_file(path, process_key());
  ASSERT_TRUE(open);
  EXPECT_EQ(open->warnings,
            (std::vector<std::string>{
                path + " holds secrets and may be read by everybody on this machine; chmod o= " + path}));
  ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
  EXPECT_EQ(read_user_file(path, process_key())->warnings, std::vector<std::string>());
  testing::write_file(path, "\"alice\" \"wonderland\"\nbob\n");
  EXPECT_EQ(read_user_file(path, process_key()).error(),
            (std::vector<std::string>{path + ":2: a line is \"name\" \"password\", both in double quotes"}));
  EXPECT_EQ(read_user_file(path + "x", process_key()).error(),
            (std::vector<std::string>{path + "x: it cannot be read: No such file or directory"}));
  EXPECT_EQ(read_user_file(folder.path(), process_key()).error(),
            (std::vector<std::string>{folder.path().string() + ": it is no regular file"}));
}

TEST(Md5, IsPostgresOwn) {
  // SELECT 'md5' || md5('pencil' || 'user')
  EXPECT_EQ(md5_hash("pencil", "user"), "md5" + *md5_hex("penciluser"));
  EXPECT_EQ(md5_hex("penciluser")->size(), 32U);
  EXPECT_EQ(*md5_hex(""), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_TRUE(is_md5_hash(*md5_hash("pencil", "user")));
  EXPECT_FALSE(is_md5_hash("md5"));
  EXPECT_FALSE(is_md5_hash("md5" + std::string(32, 'g')));
  EXPECT_FALSE(md5_response("no hash", "salt"));
  EXPECT_EQ(*md5_response(*md5_hash("pencil", "user"), "salt"), "md5" + *md5_hex(*md5_hex("penciluser") + "salt"));
}

}  // namespace
}  // namespace lockkeeper::proxy
