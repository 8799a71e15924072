// docs/configuration.md is what the table of settings says, and its example is a configuration.
#include "settings_page/page.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <string>

#include "proxy/config_parse.hpp"
#include "proxy/config_route.hpp"
#include "proxy/config_settings.hpp"
#include "support/servers.hpp"

namespace lockkeeper::proxy {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(SettingsPage, IsWhatTheTableSays) {
  const std::string page = text_of(LOCKKEEPER_SOURCE_DIR "/docs/configuration.md");
  // Not EXPECT_EQ, which would print both.
  EXPECT_TRUE(page == tools::settings_page())
      << "docs/configuration.md is not what the table of settings says. Make it again:\n"
         "  cmake --build --preset dev --target configuration_page";
}

TEST(SettingsPage, HasEverySettingInItsSection) {
  const std::string page = tools::settings_page();
  for (const SettingInfo& setting : settings()) {
    const auto section = page.find("## [" + setting.section + "]\n");
    ASSERT_NE(section, std::string::npos) << setting.section;
    const auto end = page.find("\n## [", section + 1);
    const auto row = page.find("\n| `" + setting.name + "` |", section);
    EXPECT_LT(row, std::min(end, page.size())) << setting.section << "." << setting.name;
  }
}

TEST(SettingsPage, ItsExampleIsReadWithoutAWarning) {
  const testing::TemporaryFolder folder;
  const auto file = folder.path() / "lockkeeper.toml", password = folder.path() / "shop_app.password";
  testing::write_file(file, tools::settings_example());
  for (const auto& secret : {password, folder.path() / "lockkeeper.password"}) {
    testing::write_file(secret, "not to be told\n");
    ASSERT_EQ(::chmod(secret.c_str(), 0600), 0);
  }
  ASSERT_EQ(::chmod(file.c_str(), 0600), 0);
  const auto loaded = load_config(file.string());
  if (!loaded) {
    for (const ConfigError& error : loaded.error()) ADD_FAILURE() << to_string(error);
    return;
  }
  EXPECT_TRUE(loaded->warnings.empty()) << loaded->warnings.front();
  const auto shop = route_settings(loaded->config, "shop", "reports");
  ASSERT_TRUE(shop);
  EXPECT_EQ(shop->user, "shop_app");
  EXPECT_EQ(shop->pool_mode, PoolMode::transaction);
  EXPECT_EQ(shop->pool_size, 3U);
  const auto other = route_settings(loaded->config, "any", "ann");
  ASSERT_TRUE(other);
  EXPECT_EQ(other->auth, AuthMethod::pass_through);
  const auto blog = mysql_route_settings(loaded->config, "blog", "reports");
  ASSERT_TRUE(blog);
  EXPECT_EQ(blog->host, "blog.example");
  EXPECT_EQ(blog->pool_size, 100U);
}

}  // namespace
}  // namespace lockkeeper::proxy
