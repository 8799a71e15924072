#include <fmt/format.h>
#include <fmt/ranges.h>

#include <exception>
#include <utility>

#include "demo/demo.hpp"
#include "demo/judgement.hpp"
#include "demo/resolution.hpp"
#include "demo/schema.hpp"
#include "report/text.hpp"

namespace lockkeeper::demo {
namespace {

std::string counted(std::int64_t count, std::string_view word) {
  return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

// Ends a stage when it goes out of scope, so that nobody on it waits any more.
class Curtain {
 public:
  explicit Curtain(Stage& stage) : stage_(stage) {}
  Curtain(const Curtain&) = delete;
  Curtain& operator=(const Curtain&) = delete;
  ~Curtain() { stage_.end(); }

 private:
  Stage& stage_;
};

// One incident on a server. Each column is set when it has been seen; the first that fails ends it.
class Play {
 public:
  Play(const Incident& incident, const Surroundings& surroundings, Story& story, bool asks, IncidentResult& result)
      : incident_(incident),
        stage_(surroundings, story, incident.pool),
        twin_(*surroundings.driver, surroundings.url, "shop-healthy"),
        asks_(asks),
        result_(result) {}

  void run() {
    const auto trouble = incident_.trouble(stage_);
    const Curtain curtain(stage_);
    begin(*trouble) && find(*trouble) && resolve(*trouble);
    result_.healthy_transactions = twin_.transactions();
    result_.healthy_errors = twin_.errors();
  }

 private:
  bool set(Column column, bool holds, std::string words) {
    stage_.story().verdict(to_string(column), holds, words);
    result_[column] = {holds ? Shown::yes : Shown::no, std::move(words)};
    return holds;
  }

  [[nodiscard]] std::string healthy_words() const {
    return fmt::format("the healthy program has made {} and met {}", counted(twin_.transactions(), "transaction"),
                       twin_.errors() == 0 ? "no error" : counted(twin_.errors(), "error"));
  }

  bool begin(Trouble& trouble) {
    if (!trouble.begin()) return set(Column::reproduced, false, "the trouble did not come about");
    const bool healthy = stage_.comes_true([this] { return twin_.transactions() > 0; }) && twin_.errors() == 0;
    return set(Column::reproduced, healthy, fmt::format("it is there; beside it {}", healthy_words()));
  }

  bool find(const Trouble& trouble) {
    truth_ = trouble.truth();
    Judgement judgement;
    const auto sees_it = [&] {
      diagnosis_ = stage_.conductor().tick(std::chrono::seconds(10));
      judgement = judge(diagnosis_, truth_, twin_.id());
      return judgement.missing.empty() && judgement.unnamed.empty();
    };
    // No oftener: InnoDB renews its lists only when nobody has asked for a tenth of a second.
    static_cast<void>(comes_true(sees_it, in(std::chrono::seconds(20)), stage_.surroundings().interrupted,
                                 std::chrono::milliseconds(250)));
    result_.rules = rules_of(diagnosis_, judgement);
    if (!judgement.missing.empty()) return set(Column::found, false, judgement.missing);
    finding_ = *judgement.finding;
    tell(judgement);
    set(Column::found, true,
        fmt::format("{}, of exactly the {} at fault, and of no other", finding_.rule.value(),
                    counted(static_cast<std::int64_t>(truth_.sessions.size()), "session")));
    if (!judgement.unnamed.empty()) return set(Column::explained, false, judgement.unnamed);
    return set(Column::explained, true,
               fmt::format("it names {}, a likely mistake, and what mends it", fmt::join(truth_.words, ", ")));
  }

  void tell(const Judgement& judgement) {
    Story& story = stage_.story();
    story.say("");
    story.say("Lockkeeper looks at the server, and at what its recorder remembers of these connections:");
    story.say("");
    story.block(report::to_text(finding_, diagnosis_, story.options()));
    for (const model::Finding* finding : judgement.also)
      story.note(fmt::format("and {}[{}]: {}", to_string(finding->severity), finding->rule.value(), finding->title));
  }

  bool resolve(Trouble& trouble) {
    const std::int64_t before = twin_.transactions();
    const Resolution resolution = demo::resolve(stage_, diagnosis_.url, finding_, truth_, asks_);
    result_.sessions_ended = resolution.ended;
    if (!resolution.problem.empty()) return set(Column::resolved, false, resolution.problem);
    if (!trouble.others_went_on()) return set(Column::resolved, false, "who waited has not gone on");
    const bool goes_on = stage_.comes_true([&] { return twin_.transactions() > before; });
    return set(Column::resolved, goes_on && twin_.errors() == 0,
               fmt::format("{} ended and no other, who waited went on; {}", counted(resolution.ended, "session"),
                           healthy_words()));
  }

  const Incident& incident_;
  Stage stage_;
  Twin twin_;
  const bool asks_;
  IncidentResult& result_;
  Truth truth_;
  model::Diagnosis diagnosis_;
  model::Finding finding_;
};

void prevent(const Incident& incident, const Surroundings& surroundings, Story& story, IncidentResult& result) {
  story.say("");
  story.say("The same mistake in a program that uses the C++ library:");
  Library library(surroundings.driver, surroundings.url, incident.library_connections);
  const Refusal refusal = incident.refuse(library);
  story.quote(refusal.words);
  if (!refusal.remark.empty()) story.note(refusal.remark);
  const bool whole = library.is_whole();
  const bool holds = refusal.refused && whole;
  Cell& cell = result[Column::prevented];
  cell.words = !refusal.refused ? "it was not refused: " + refusal.words
               : !whole         ? std::string("refused, but a connection was left behind")
                                : std::string("refused as above; every connection is back in its pool");
  cell.shown = holds ? Shown::yes : Shown::no;
  story.verdict(to_string(Column::prevented), holds, cell.words);
  if (surroundings.engine != Engine::sqlite) return;
  // Without a server the library is who finds, by itself: what it said names its mistake and a place in the source.
  const bool names_place = refusal.words.contains(".cpp:");
  const auto set = [&](Column column, bool seen, const char* words) {
    result[column] = {seen ? Shown::yes : Shown::no, words};
    story.verdict(to_string(column), seen, words);
  };
  set(Column::found, holds, "by the library itself, as it happened");
  set(Column::explained, names_place, "the words above: what was done, and where in the source");
}

void play_one(const Incident& incident, const Surroundings& surroundings, Story& story, bool asks,
              IncidentResult& result) {
  story.heading(fmt::format("{}. {}", incident.number, incident.name), incident.mistake);
  story.say(incident.story);
  if (surroundings.record) Play(incident, surroundings, story, asks, result).run();
  prevent(incident, surroundings, story, result);
}

IncidentResult blank(const Incident& incident, std::string words) {
  IncidentResult result{incident.number, std::string(incident.name)};
  result.cells.fill({Shown::not_shown, std::move(words)});
  return result;
}

// What could not go on is the failure of the first column that has not been seen.
void fail(IncidentResult& result, const std::string& why, Story& story) {
  for (const Column column : all_columns) {
    if (result[column].shown != Shown::not_shown) continue;
    result[column] = {Shown::no, why};
    story.verdict(to_string(column), false, why);
    return;
  }
}

std::string blank_words(const Surroundings& surroundings) {
  return surroundings.record ? "what came before it failed"
                             : "an embedded database has no server: no sessions to look at, and none to end";
}

}  // namespace

Result play(const std::vector<const Incident*>& incidents, const Surroundings& given, Story& story) {
  Surroundings surroundings = given;
  if (surroundings.record) surroundings.url = open_shop(*surroundings.driver, surroundings.url);
  Result result;
  bool left = false;
  bool asks = static_cast<bool>(surroundings.ask);
  for (const Incident* incident : incidents) {
    IncidentResult& one = result.incidents.emplace_back(
        blank(*incident, left ? std::string("the viewer left before it") : blank_words(surroundings)));
    if (left) continue;
    try {
      play_one(*incident, surroundings, story, asks, one);
    } catch (const Interrupted&) {
      throw;
    } catch (const Left&) {
      left = true;
      for (Cell& cell : one.cells) {
        if (cell.shown == Shown::not_shown) cell.words = "the viewer left before it";
      }
    } catch (const std::exception& problem) {
      if (surroundings.interrupted()) throw Interrupted();
      fail(one, problem.what(), story);
    }
    asks = false;
  }
  return result;
}

}  // namespace lockkeeper::demo
