#include <fmt/format.h>

#include <boost/json.hpp>

#include <cmath>

#include "report/board_json.hpp"
#include "report/holder_json.hpp"
#include "report/json_values.hpp"

namespace lockkeeper::report {
namespace {

namespace json = boost::json;
using namespace values;

json::value maybe_milliseconds(const std::optional<model::Duration>& duration) {
  return duration ? json::value(milliseconds(*duration)) : json::value(nullptr);
}

// FNV-1a: the same shape has the same id from run to run, so that a page can be linked to.
std::string id_of(const model::ShapeKey& key) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  const auto add = [&](std::string_view bytes) {
    for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3U;
    hash = (hash ^ 0xffU) * 0x100000001b3U;  // no byte of UTF-8: ("ab", "") is not ("a", "b")
  };
  add(key.application);
  add(key.user);
  add(key.database);
  add(fmt::format("{:x}/{:x}", key.statement, key.sequence));
  return fmt::format("{:016x}", hash);
}

json::array open_gaps(const std::vector<model::OpenGap>& open) {
  json::array result;
  for (const auto& gap : open) {
    result.push_back(json::object{
        {"key", json::string(to_string(gap.session))}, {"age_ms", milliseconds(gap.age)}, {"named", gap.named}});
  }
  return result;
}

json::array buckets(const model::ShapeSummary& shape) {
  json::array result;
  for (std::size_t i = 0; i < shape.buckets.size(); ++i) {
    result.push_back(
        json::object{{"up_to_ms", milliseconds(model::bucket_end(i))}, {"completed", std::llround(shape.buckets[i])}});
  }
  return result;
}

json::object shape_object(const model::ShapeSummary& shape) {
  return {{"id", json::string(id_of(shape.key))},
          {"application", text(shape.key.application)},
          {"user", text(shape.key.user)},
          {"database", text(shape.key.database)},
          {"statement", text(shape.text)},
          {"verdict", json::string(to_string(shape.verdict))},
          {"verdict_since",
           shape.verdict == model::GapVerdict::learning ? json::value(nullptr) : time(shape.verdict_since)},
          {"completed", shape.completed},
          {"baseline", shape.baseline},
          {"needed", shape.needed},
          {"censored", shape.censored},
          {"median_ms", maybe_milliseconds(shape.median)},
          {"p90_ms", maybe_milliseconds(shape.p90)},
          {"longest_ms", maybe_milliseconds(shape.longest)},
          {"tau_ms", maybe_milliseconds(shape.tau)},
          {"frozen", shape.frozen},
          {"p_slow", maybe(shape.p_slow)},
          {"p_immortal", maybe(shape.p_immortal)},
          {"e_slow", maybe(shape.e_slow)},
          {"e_immortal", maybe(shape.e_immortal)},
          {"shift", maybe(shape.shift)},
          {"named_from_ms", maybe_milliseconds(shape.named_from)},
          {"open", open_gaps(shape.open)},
          {"buckets", buckets(shape)}};
}

}  // namespace

std::string shapes_json(const Seen& seen, std::span<const model::ShapeSummary> shapes) {
  json::array list;
  for (const auto& shape : shapes) list.push_back(shape_object(shape));
  return json::serialize(json::object{{"observed_at", observed_at(seen)}, {"shapes", std::move(list)}});
}

}  // namespace lockkeeper::report
