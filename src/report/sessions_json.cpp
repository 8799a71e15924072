#include <boost/json.hpp>

#include <map>
#include <string_view>

#include "report/board_json.hpp"
#include "report/holder_json.hpp"
#include "report/json_values.hpp"
#include "report/recording_words.hpp"
#include "report/seen_clients.hpp"

namespace lockkeeper::report {
namespace {

namespace json = boost::json;
using namespace values;

json::array waits_of(const WaitsOf& waits, const model::SessionId& session) {
  json::array result;
  for (const model::Wait* wait : waits.of(session)) {
    result.push_back(json::object{{"kind", text(wait->kind)},
                                  {"target", text(wait->target)},
                                  {"mode", text(wait->mode)},
                                  {"since", maybe_time(wait->since)},
                                  {"blocked_by", holders(*wait)}});
  }
  return result;
}

}  // namespace

std::string sessions_json(const Seen& seen) {
  json::array sessions;
  if (seen.snapshot != nullptr) {
    const WaitsOf waits(*seen.snapshot);
    const SeenClients clients(seen);
    sessions.reserve(seen.snapshot->sessions.size());
    for (const auto& one : seen.snapshot->sessions) {
      json::object entry = session(one);
      const auto* client = clients.of(one);
      entry["kind"] = json::string(word_of(session_kinds, one.kind));
      entry["client_id"] = client != nullptr ? json::value(client->who->id) : json::value(nullptr);
      entry["waits_for"] = waits_of(waits, one.id);
      sessions.push_back(std::move(entry));
    }
  }
  return json::serialize(json::object{{"observed_at", observed_at(seen)}, {"sessions", std::move(sessions)}});
}

}  // namespace lockkeeper::report
