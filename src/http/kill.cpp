#include "http/kill.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <string>
#include <utility>

#include "http/parameters.hpp"
#include "report/json.hpp"

namespace lockkeeper::http {
namespace {

namespace json = boost::json;

/// Reads one field into the order. False: it is not of its type or range.
struct Field {
  std::string_view name;
  bool (*read)(const json::value& value, KillOrder& order);
};

bool read_session(const json::value& value, KillOrder& order) {
  if (!value.is_string()) return false;
  const std::string_view text = value.get_string();
  order.request.session = model::parse_session_id(text);
  return order.request.session.has_value();
}

bool read_finding(const json::value& value, KillOrder& order) {
  if (!value.is_string() || value.get_string().empty()) return false;
  order.request.finding = model::FindingId(std::string(value.get_string()));
  return true;
}

bool read_action(const json::value& value, KillOrder& order) {
  if (value != "terminate" && value != "cancel") return false;
  order.request.action = value == "cancel" ? model::Action::cancel : model::Action::terminate;
  return true;
}

bool read_bool(const json::value& value, bool& into) {
  if (value.is_bool()) into = value.get_bool();
  return value.is_bool();
}

// Not negative.
bool read_count(const json::value& value, std::int64_t& into) {
  if (!value.is_int64() || value.get_int64() < 0) return false;
  into = value.get_int64();
  return true;
}

constexpr Field fields[] = {
    {"finding", read_finding},
    {"session", read_session},
    {"action", read_action},
    {"dry_run", [](const json::value& value, KillOrder& order) { return read_bool(value, order.request.dry_run); }},
    {"confirm", [](const json::value& value, KillOrder& order) { return read_count(value, order.confirm); }},
    {"include_superusers",
     [](const json::value& value, KillOrder& order) { return read_bool(value, order.request.include_superusers); }},
    {"max_rollback_rows",
     [](const json::value& value, KillOrder& order) { return read_count(value, order.request.max_rollback_rows); }},
};

constexpr const char* advice =
    "Send {\"finding\": \"ID\"} or {\"session\": \"PID@START\"}, with \"action\": \"terminate\" or \"cancel\", "
    "\"dry_run\", and to carry it out \"confirm\": the number of targets that the dry run would act on.";

std::unexpected<Response> wrong(std::string message) {
  return std::unexpected(bad_request(std::move(message), advice));
}

bool would_act(const model::Target& target) { return target.result.outcome == model::ActionOutcome::would_act; }

Response moved_on(std::int64_t confirmed, std::int64_t now) {
  return error_response(
      409, "moved_on", fmt::format("{} targets were confirmed, and now there are {}: nothing was done", confirmed, now),
      "Take another dry run, and look at what has changed.");
}

}  // namespace

std::expected<KillOrder, Response> read_kill(std::string_view body) {
  boost::system::error_code error;
  const json::value value = json::parse({body.data(), body.size()}, error);
  if (error || !value.is_object()) return wrong("the body is no JSON object");
  KillOrder order;
  for (const auto& entry : value.get_object()) {
    const auto field = std::ranges::find(fields, std::string_view(entry.key()), &Field::name);
    if (field == std::end(fields))
      return wrong(
          fmt::format("the body has a field that is not known: {}", std::string_view(entry.key()).substr(0, 64)));
    if (!field->read(entry.value(), order)) return wrong(fmt::format("{} is not as it should be", field->name));
  }
  if (order.request.finding.has_value() == order.request.session.has_value())
    return wrong("either finding or session must be named");
  if (!order.request.dry_run && !value.get_object().contains("confirm")) return wrong("confirm is missing");
  return order;
}

Response carry_out(const KillOrder& order, const Act& act, const report::Options& options) {
  if (order.request.dry_run) return json_response(report::to_json(act(order.request), options));
  diagnose::ActionRequest rehearsal = order.request;
  rehearsal.dry_run = true;
  const auto planned = act(rehearsal);
  if (planned.failure) return json_response(report::to_json(planned, options));
  const auto targets = std::ranges::count_if(planned.targets, would_act);
  if (targets != order.confirm) return moved_on(order.confirm, targets);
  return json_response(report::to_json(act(order.request), options));
}

}  // namespace lockkeeper::http
