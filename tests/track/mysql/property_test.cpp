// Whatever is said, nothing breaks and nothing grows; and where packets are cut on their way says nothing.
#include <rapidcheck.h>

#include "track/mysql/script.hpp"

namespace lockkeeper::testing::mysql {
namespace {

class MysqlProperty : public Script {
 protected:
  static std::string any_bytes(std::size_t most) {
    return *rc::gen::container<std::string>(*rc::gen::inRange<std::size_t>(0, most + 1), rc::gen::arbitrary<char>());
  }

  // Bodies that begin as real ones do, so that a conversation gets somewhere.
  static std::string any_command() {
    static const std::string texts[] = {"BEGIN",
                                        "COMMIT",
                                        "ROLLBACK",
                                        "SELECT 1",
                                        "BEGIN; SELECT 1; COMMIT",
                                        "CALL p()",
                                        "CREATE TABLE t (a int)",
                                        "IF 1 THEN COMMIT; END IF",
                                        "SELECT '"};
    const auto code = static_cast<my::Command>(*rc::gen::element(0x01, 0x03, 0x03, 0x03, 0x03, 0x0e, 0x11, 0x16, 0x16,
                                                                 0x17, 0x17, 0x18, 0x19, 0x1a, 0x1c, 0x1f, 0xfa, 0x77));
    const bool text = code == my::Command::query || code == my::Command::prepare;
    if (code == my::Command::query && *rc::gen::inRange(0, 20) == 0)
      return command(code, "SELECT '" + std::string(70'000, 'x') + "'");
    if (text && *rc::gen::inRange(0, 4) > 0)
      return command(code, texts[*rc::gen::inRange<std::size_t>(0, std::size(texts))]);
    return command(code, number(*rc::gen::inRange(0U, 3U)) + any_bytes(12));
  }
  std::string any_answer() {
    const auto status = static_cast<std::uint16_t>(*rc::gen::inRange(0, 0x10) | *rc::gen::element(0, 0x40, 0x80));
    switch (*rc::gen::inRange(0, 8)) {
      case 0:
      case 1: return ok(status, *rc::gen::arbitrary<std::uint64_t>());
      case 2: return error(*rc::gen::element<std::uint16_t>(1213, 1205, 1062, 1064), "HY000");
      case 3: return rows(*rc::gen::inRange(0, 3), status);
      case 4: return prepared(*rc::gen::inRange(0U, 3U), *rc::gen::inRange<std::uint16_t>(0, 3));
      case 5: return eof(status);
      case 6: return packet("\xfbx");
      default: return packet(any_bytes(20));
    }
  }
};

TEST_F(MysqlProperty, NonsenseBreaksNothing) {
  EXPECT_TRUE(rc::check([&] {
    facts_.clear();
    begin(*rc::gen::element(std::uint16_t{idle}, std::uint16_t{manual}), {*rc::gen::arbitrary<std::uint64_t>()});
    const int most = *rc::gen::inRange(1, 80);
    for (int turn = 0; turn < most; ++turn) {
      if (*rc::gen::arbitrary<bool>()) {
        say(any_command());
      } else {
        answer(any_answer());
      }
      const model::RecordedClient client = session_->recorded(now_);
      RC_ASSERT(client.transaction.has_value() == session_->in_transaction());
      RC_ASSERT(!session_->lost() || (session_->idle() && !session_->in_transaction()));
      RC_ASSERT(client.portals.size() <= 3U);
      RC_ASSERT(listener_->most_held() <= track::mysql::StatementCache::most_text + my::header_size);
    }
    const bool was_open = session_->in_transaction();
    const std::size_t before = over().size();
    session_->lost_server(model::TransactionEnd::terminated, tick());
    RC_ASSERT(over().size() == before + (was_open ? 1 : 0));
    RC_ASSERT(!session_->in_transaction() && session_->idle());
    for (const auto* each : over()) RC_ASSERT(each->record != nullptr && each->client != nullptr);
  }));
}

TEST_F(MysqlProperty, WhereTheBytesAreCutSaysNothing) {
  EXPECT_TRUE(rc::check([&] {
    struct Turn {
      bool client = false;
      std::string bytes;
    };
    std::vector<Turn> turns;
    const int most = *rc::gen::inRange(1, 40);
    for (int turn = 0; turn < most; ++turn) {
      const bool client = *rc::gen::arbitrary<bool>();
      turns.push_back({client, client ? any_command() : any_answer()});
    }
    const auto play = [&](const auto& pieces_of) {
      facts_.clear();
      now_ = model::WallTime{std::chrono::seconds(1'000'000)};
      begin();
      std::string seen;
      for (const Turn& turn : turns) {
        tick();
        for (const std::string& piece : pieces_of(turn.bytes)) {
          const auto steps = turn.client ? listener_->client(piece, now_) : listener_->server(piece, now_);
          for (const Step& step : steps) {
            seen += step.answered ? 'a' : '.';
            seen += step.transaction_over ? 'o' : '.';
            seen += step.lost.empty() ? '.' : 'l';
          }
        }
      }
      for (const auto* each : over()) {
        seen += std::string(to_string(each->end)) + std::to_string(each->ended_at.time_since_epoch().count());
        for (const auto& fold : each->record->first())
          seen += fold.first.statement->text + std::to_string(fold.first.parameters.value_or(0));
        seen += std::to_string(each->record->parts().busy.count());
      }
      for (const auto* each : oddities()) seen += to_string(each->kind);
      for (const auto& text : texts(current())) seen += text;
      return seen;
    };
    const std::string whole = play([](const std::string& bytes) { return std::vector<std::string>{bytes}; });
    const std::string cut = play([](const std::string& bytes) {
      const std::size_t size = bytes.size() < 1'000 ? 1 : 997;
      std::vector<std::string> pieces;
      for (std::size_t at = 0; at < bytes.size(); at += size) pieces.push_back(bytes.substr(at, size));
      return pieces;
    });
    RC_ASSERT(whole == cut);
  }));
}

TEST_F(MysqlProperty, AClientThatNeverClosesAnythingDoesNotGrowForever) {
  run("BEGIN", ok(open));
  for (std::uint32_t each = 1; each <= 20'000; ++each) {
    say(prepare("SELECT c" + std::to_string(each)));
    answer(prepared(each));
    say(execute(each, {}, 1));
    answer(packet("\1") + packet("\3def") + eof(open | flag::cursor));
  }
  EXPECT_EQ(session_->recorded(now_).portals.size(), 256U);
  EXPECT_LE(statements_.size(), 2 * track::mysql::StatementCache::generation);
  EXPECT_LE(current().first().size() + current().last().size(), 128U);
  EXPECT_EQ(current().statements(), 1 + 16'382) << "of the others nobody knows the text";
  EXPECT_LE(sizeof(track::mysql::Session), 1'024U);
}

}  // namespace
}  // namespace lockkeeper::testing::mysql
