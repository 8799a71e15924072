#include "http/kill.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
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

// Null: there is none.
bool read_time(const json::value* value, std::optional<model::WallTime>& into) {
  if (value == nullptr) return false;
  if (value->is_null()) return true;
  if (value->is_string()) into = model::parse_time(std::string_view(value->get_string()));
  return into.has_value();
}

std::optional<ShownTarget> read_target(const json::value& value) {
  if (!value.is_object() || value.get_object().size() != 3) return std::nullopt;
  const json::object& entry = value.get_object();
  const json::value* session = entry.if_contains("session");
  const auto id = session != nullptr && session->is_string()
                      ? model::parse_session_id(std::string_view(session->get_string()))
                      : std::nullopt;
  if (!id) return std::nullopt;
  ShownTarget target{*id, std::nullopt, std::nullopt};
  if (!read_time(entry.if_contains("transaction_started_at"), target.transaction_started_at)) return std::nullopt;
  if (!read_time(entry.if_contains("state_changed_at"), target.state_changed_at)) return std::nullopt;
  return target;
}

bool read_confirm(const json::value& value, KillOrder& order) {
  if (!value.is_array()) return read_count(value, order.confirm.emplace<std::int64_t>());
  auto& shown = order.confirm.emplace<std::vector<ShownTarget>>();
  for (const json::value& entry : value.get_array()) {
    auto target = read_target(entry);
    if (!target) return false;
    shown.push_back(*target);
  }
  return true;
}

constexpr Field fields[] = {
    {"finding", read_finding},
    {"session", read_session},
    {"action", read_action},
    {"dry_run", [](const json::value& value, KillOrder& order) { return read_bool(value, order.request.dry_run); }},
    {"confirm", read_confirm},
    {"include_superusers",
     [](const json::value& value, KillOrder& order) { return read_bool(value, order.request.include_superusers); }},
    {"max_rollback_rows",
     [](const json::value& value, KillOrder& order) { return read_count(value, order.request.max_rollback_rows); }},
};

constexpr const char* advice =
    "Send {\"finding\": \"ID\"} or {\"session\": \"PID@START\"}, with \"action\": \"terminate\" or \"cancel\", "
    "\"dry_run\", and to carry it out \"confirm\": the targets that the dry run would act on, or their number.";

std::unexpected<Response> wrong(std::string message) {
  return std::unexpected(bad_request(std::move(message), advice));
}

std::vector<model::Session> targets_of(const model::ActionReport& planned) {
  std::vector<model::Session> targets;
  for (const model::Target& target : planned.targets) {
    if (target.result.outcome == model::ActionOutcome::would_act) targets.push_back(target.session);
  }
  return targets;
}

// In the same transaction, and where that sleeps, it has done so all the while.
bool is_as_shown(const model::Session& now, const ShownTarget& shown) {
  constexpr std::chrono::seconds blur{2};  // MySQL tells times of states by whole seconds
  if (now.id != shown.session || now.transaction.has_value() != shown.transaction_started_at.has_value()) return false;
  if (now.transaction && now.transaction->started_at != *shown.transaction_started_at) return false;
  if (!now.idle_in_transaction() || !now.state_changed_at) return true;
  return shown.state_changed_at && *now.state_changed_at <= *shown.state_changed_at + blur;
}

std::vector<model::Session> still_as_shown(const std::vector<model::Session>& targets,
                                           const std::vector<ShownTarget>& shown) {
  std::vector<model::Session> same;
  for (const model::Session& now : targets) {
    const auto then = std::ranges::find(shown, now.id, &ShownTarget::session);
    if (then != shown.end() && is_as_shown(now, *then)) same.push_back(now);
  }
  return same;
}

Response moved_on(std::string message) {
  return error_response(409, "moved_on", std::move(message), "Take another dry run, and look at what has changed.");
}

// What may be acted on: of what is there now what was confirmed.
std::expected<std::vector<model::Session>, Response> agreed_of(const KillOrder& order,
                                                               std::vector<model::Session> targets) {
  if (const auto* count = std::get_if<std::int64_t>(&order.confirm)) {
    if (std::cmp_equal(targets.size(), *count)) return targets;
    return std::unexpected(moved_on(
        fmt::format("{} targets were confirmed, and now there are {}: nothing was done", *count, targets.size())));
  }
  const auto& shown = std::get<std::vector<ShownTarget>>(order.confirm);
  auto same = still_as_shown(targets, shown);
  if (same.empty() && !shown.empty())
    return std::unexpected(moved_on("none of the targets is as it was when they were confirmed: nothing was done"));
  return same;
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
  auto agreed = agreed_of(order, targets_of(planned));
  if (!agreed) return std::move(agreed.error());
  diagnose::ActionRequest request = order.request;
  request.agreed = *std::move(agreed);
  return json_response(report::to_json(act(request), options));
}

}  // namespace lockkeeper::http
