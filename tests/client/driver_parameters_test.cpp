// Every kind of parameter goes to every database and comes back as it was.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <string>

#include "client/driver_contract.hpp"

namespace lockkeeper::testing {
namespace {

using std::chrono::microseconds;
using std::chrono::sys_days;
using ::testing::StartsWith;
using namespace std::chrono_literals;

class DriverParameters : public DriverContract {
 protected:
  void SetUp() override {
    DriverContract::SetUp();
    if (IsSkipped()) return;
    connection_ = connect();
    connection_->execute("DROP TABLE IF EXISTS kinds", soon());
    const DriverUnderTest& types = tested();
    connection_->execute("CREATE TABLE kinds (id integer PRIMARY KEY, flag " + types.boolean_type + ", number " +
                             types.bigint_type + ", fraction " + types.double_type + ", word " + types.text_type +
                             ", bytes " + types.bytes_type + ", moment " + types.time_type + ")",
                         soon());
  }

  // Writes one value into one column and reads it back.
  std::optional<std::string> through(const std::string& column, const Parameter& value) {
    connection_->execute("DELETE FROM kinds", soon());
    const std::array<Parameter, 2> parameters{1, value};
    const std::string placeholders = tested().placeholder(1) + ", " + tested().placeholder(2);
    connection_->execute("INSERT INTO kinds (id, " + column + ") VALUES (" + placeholders + ")", parameters, soon());
    const Rows rows = connection_->execute("SELECT " + column + " FROM kinds", soon());
    const auto cell = rows.cell(0, 0);
    return cell ? std::optional<std::string>(*cell) : std::nullopt;
  }

  std::unique_ptr<Connection> connection_;
};

TEST_P(DriverParameters, Booleans) {
  EXPECT_EQ(through("flag", true), tested().true_text);
  EXPECT_EQ(through("flag", false), tested().false_text);
}

TEST_P(DriverParameters, IntegersToTheirEnds) {
  using Limits = std::numeric_limits<std::int64_t>;
  for (const std::int64_t number : {Limits::min(), Limits::min() + 1, std::int64_t{-1}, std::int64_t{0},
                                    std::int64_t{4'294'967'296}, Limits::max()}) {
    EXPECT_EQ(through("number", number), std::to_string(number));
  }
  EXPECT_EQ(through("number", std::numeric_limits<std::uint32_t>::max()), "4294967295");
}

TEST_P(DriverParameters, DoublesToTheLastBit) {
  using Limits = std::numeric_limits<double>;
  std::vector<double> numbers{
      0.0,  1.0,           0.1,           1.0 / 3,          -2.5e-10,          123'456'789.123'456'789,
      1e22, Limits::max(), Limits::min(), Limits::lowest(), 9007199254740993.0};
  if (tested().has_subnormal_doubles) numbers.push_back(Limits::denorm_min());
  for (const double number : numbers) {
    const auto text = through("fraction", number);
    ASSERT_TRUE(text) << number;
    const double back = std::strtod(text->c_str(), nullptr);
    EXPECT_EQ(std::bit_cast<std::uint64_t>(back), std::bit_cast<std::uint64_t>(number)) << number << " -> " << *text;
  }
}

TEST_P(DriverParameters, Texts) {
  for (const std::string& text : {std::string(), std::string("it's \"quoted\" `so` \\ and \\n"), std::string("%_$1?:x"),
                                  std::string("line\nline\ttab\r"), std::string("grüße, Ωμέγα, 漢字, 😀"),
                                  std::string("  spaces  "), std::string("NULL"), std::string(1'000'000, 'l')}) {
    EXPECT_TRUE(through("word", text) == text) << text.substr(0, 80);
  }
  const std::string longer = "only the middle";
  EXPECT_EQ(through("word", std::string_view(longer).substr(5, 3)), "the") << "a view has no zero byte at its end";
}

TEST_P(DriverParameters, Bytes) {
  std::string all(1024, '\0');
  std::iota(all.begin(), all.end(), '\0');
  for (const std::string& bytes : {std::string(), std::string(1, '\0'), std::string("\\x41"), std::string("\\001"), all,
                                   std::string(1'000'000, '\xff')}) {
    EXPECT_TRUE(through("bytes", std::as_bytes(std::span(bytes))) == bytes) << bytes.size();
  }
  EXPECT_EQ(through("bytes", BytesView()), "") << "nothing is not NULL";
}

TEST_P(DriverParameters, Times) {
  const TimePoint noon = sys_days(2026y / 11 / 22) + 9h + 30min + 1us;
  EXPECT_THAT(through("moment", noon).value_or("NULL"), StartsWith("2026-11-22 09:30:00.000001"));
  EXPECT_THAT(through("moment", TimePoint()).value_or("NULL"), StartsWith("1970-01-01 00:00:00"));
  const TimePoint before = sys_days(1969y / 12 / 31) + 23h + 59min + 59s + 999'999us;
  EXPECT_THAT(through("moment", before).value_or("NULL"), StartsWith("1969-12-31 23:59:59.999999"));
  const TimePoint leap = sys_days(2000y / 2 / 29) + 500'000us;
  EXPECT_THAT(through("moment", leap).value_or("NULL"), StartsWith("2000-02-29 00:00:00.5"));
  const TimePoint last = sys_days(9999y / 12 / 31) + 23h + 59min + 59s;
  EXPECT_THAT(through("moment", last).value_or("NULL"), StartsWith("9999-12-31 23:59:59"));
}

TEST_P(DriverParameters, NullsOfEveryKind) {
  for (const std::string column : {"flag", "number", "fraction", "word", "bytes", "moment"}) {
    EXPECT_EQ(through(column, Parameter()), std::nullopt) << column;
    EXPECT_EQ(through(column, std::optional<int>()), std::nullopt) << column;
  }
}

TEST_P(DriverParameters, AreComparedByValue) {
  connection_->execute("INSERT INTO kinds (id, number, word) VALUES (1, 7, 'seven'), (2, 8, 'eight')", soon());
  const std::array<Parameter, 2> parameters{"eight", 7};
  const Rows rows = connection_->execute("SELECT id FROM kinds WHERE word = " + tested().placeholder(1) +
                                             " OR number = " + tested().placeholder(2) + " ORDER BY id",
                                         parameters, soon());
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows.cell(1, 0), "2");
}

TEST_P(DriverParameters, MayBeMany) {
  std::string values;
  std::vector<Parameter> parameters;
  for (int id = 1; id <= 1000; ++id) {
    values += (id == 1 ? "(" : ", (") + tested().placeholder(2 * id - 1) + ", " + tested().placeholder(2 * id) + ")";
    parameters.emplace_back(id);
    parameters.emplace_back("a word");
  }
  EXPECT_EQ(connection_->execute("INSERT INTO kinds (id, word) VALUES " + values, parameters, soon()).affected(),
            1000U);
}

TEST_P(DriverParameters, TooFewOrTooManyAreMisuse) {
  const std::string sql = "SELECT id FROM kinds WHERE id = " + tested().placeholder(1);
  const std::vector<Parameter> two{1, 2};
  for (int round = 0; round < 3; ++round) {
    for (const std::span<const Parameter> wrong : {std::span<const Parameter>(), std::span<const Parameter>(two)}) {
      const Error error = error_of([&] { connection_->execute(sql, wrong, soon()); });
      EXPECT_EQ(error.code, ErrorCode::misuse) << error.message;
      EXPECT_EQ(error.blast, Blast::statement);
    }
    EXPECT_TRUE(connection_->execute(sql, std::span(two).first(1), soon()).empty());
  }
}

TEST_P(DriverParameters, GoWithABatchToo) {
  const std::string bytes("\0\1", 2);
  const std::string insert =
      "INSERT INTO kinds (id, bytes) VALUES (" + tested().placeholder(1) + ", " + tested().placeholder(2) + ")";
  const std::vector<Statement> batch{{insert, {1, std::as_bytes(std::span(bytes))}}, {insert, {2, std::nullopt}}};
  connection_->execute_batch(batch, soon());
  const Rows rows = connection_->execute("SELECT bytes FROM kinds ORDER BY id", soon());
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows.cell(0, 0), bytes);
  EXPECT_EQ(rows.cell(1, 0), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(Driver, DriverParameters, ::testing::ValuesIn(driver_cases()),
                         [](const auto& instance) { return instance.param.label; });

}  // namespace
}  // namespace lockkeeper::testing
