#include "http/router.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/assert.hpp"
#include "base/utf8.hpp"
#include "http/audit_tail.hpp"
#include "http/files.hpp"
#include "http/kill.hpp"
#include "http/parameters.hpp"
#include "report/board_json.hpp"
#include "report/json.hpp"
#include "report/prometheus.hpp"

namespace lockkeeper::http {
namespace {

using diagnose::View;

Response not_found(const std::string& what) {
  return error_response(404, "not_found", fmt::format("there is no {}", base::printable(what)),
                        "What there is says docs/http-api.md; servers are listed by GET /api/v1/status.");
}

bool reads(const Request& request) { return request.method == Method::get || request.method == Method::head; }

Response wrong_method(const char* allowed) {
  auto response =
      error_response(405, "method_not_allowed", "this is not asked that way", fmt::format("Ask with {}.", allowed));
  response.headers.emplace_back("Allow", allowed);
  return response;
}

report::Seen seen_of(const View& view) { return {view.observed.judged.get(), view.observed.recording.get()}; }

std::string waits_of(const View& view) {
  std::vector<report::RootOf> roots;
  for (const auto& root : view.roots) roots.push_back({root.holder, root.behind, root.freed, root.longest_wait});
  return report::waits_json(seen_of(view), roots, view.rings);
}

/// What is asked of a server, and how it is told.
struct Aspect {
  std::string_view name;
  std::string (*tell)(const View& view, const report::Options& options);
};

constexpr std::array aspects{
    Aspect{"diagnosis",
           [](const View& view, const report::Options& options) { return report::to_json(view.diagnosis, options); }},
    Aspect{"sessions", [](const View& view, const report::Options&) { return report::sessions_json(seen_of(view)); }},
    Aspect{"waits", [](const View& view, const report::Options&) { return waits_of(view); }},
    Aspect{"pools", [](const View& view, const report::Options&) { return report::pools_json(seen_of(view)); }},
    Aspect{"shapes",
           [](const View& view, const report::Options&) { return report::shapes_json(seen_of(view), view.shapes); }},
};

}  // namespace

Router::Router(AccessRules access, bool actions, Sources sources, std::function<std::string()> metrics)
    : access_(std::move(access)),
      actions_(actions),
      sources_(std::move(sources)),
      metrics_(std::move(metrics)),
      started_at_(sources_.clock()) {
  LK_ASSERT(sources_.board != nullptr);
}

Reply Router::answer(const Request& request) {
  if (auto refused = wrong_host(access_, request)) return *std::move(refused);
  return dispatch(request);
}

Reply Router::dispatch(const Request& request) {
  const auto& segments = request.target.segments;
  const std::string first = segments.empty() ? "" : segments.front();
  if (first == "api") return api(request);
  if (!reads(request)) return wrong_method("GET, HEAD");
  if (segments.size() == 1 && first == "healthz") return text_response("ok\n");
  if (segments.size() == 1 && first == "readyz") return ready();
  if (segments.size() == 1 && first == "metrics") {
    if (auto refused = no_token(access_, request)) return *std::move(refused);
    Response response = text_response(metrics_());
    response.content_type = report::prometheus_content_type;
    return response;
  }
  return file_response(sources_.files, request);
}

Reply Router::api(const Request& request) {
  const auto& segments = request.target.segments;
  if (segments.size() < 3 || segments[1] != "v1") return not_found(request.target.path);
  const std::string& what = segments[2];
  if (segments.size() == 3 && what == "login")
    return request.method == Method::post ? login(request) : wrong_method("POST");
  if (auto refused = no_token(access_, request)) return *std::move(refused);
  if (what == "servers") return of_server(request);
  if (segments.size() != 3) return not_found(request.target.path);
  if (what != "status" && what != "history" && what != "audit" && what != "events")
    return not_found(request.target.path);
  if (!reads(request)) return wrong_method("GET, HEAD");
  if (what == "status") return status();
  if (what == "history") return history(request);
  if (what == "audit") return audit(request);
  if (request.method == Method::head) return Response{.content_type = "text/event-stream"};
  return EventStream{};
}

Reply Router::of_server(const Request& request) {
  const auto& segments = request.target.segments;
  if (segments.size() != 5) return not_found(request.target.path);
  const auto view = sources_.board->view(segments[3]);
  if (view == nullptr) return not_found("server \"" + segments[3] + "\"");
  if (segments[4] == "kill")
    return request.method == Method::post ? kill(request, segments[3]) : Reply(wrong_method("POST"));
  if (segments[4] == "samples") return reads(request) ? samples(request) : wrong_method("GET, HEAD");
  if (segments[4] == "transactions") return reads(request) ? transactions(request, *view) : wrong_method("GET, HEAD");
  for (const Aspect& aspect : aspects) {
    if (aspect.name != segments[4]) continue;
    return reads(request) ? json_response(aspect.tell(*view, sources_.options)) : wrong_method("GET, HEAD");
  }
  return not_found(request.target.path);
}

Response Router::status() const {
  report::Status status{.version = sources_.version,
                        .started_at = started_at_,
                        .now = sources_.clock(),
                        .actions = actions_ && sources_.act != nullptr,
                        .csrf = access_.csrf,
                        .history = sources_.history != nullptr,
                        .servers = {}};
  const auto views = sources_.board->views();
  for (const auto& view : views)
    status.servers.push_back({view->name, view->diagnosis, view->observed.recording != nullptr});
  return json_response(report::status_json(status));
}

Response Router::ready() const {
  const auto missing = sources_.not_ready ? sources_.not_ready() : std::vector<std::string>{};
  if (missing.empty()) return text_response("ready\n");
  std::string text;
  for (const auto& one : missing) text += base::printable(one) + "\n";
  return text_response(text, 503);
}

Response Router::login(const Request& request) const {
  if (auto refused = foreign_page(request)) return *std::move(refused);
  const auto token = login_token(request.body);
  if (!token) return bad_request("the body is not {\"token\": \"...\"}", "Send the token of token_file in [http].");
  if (!access_.token.empty() && !same_secret(*token, access_.token)) {
    return error_response(401, "unauthorized", "that is not the token", "It is the content of token_file in [http].");
  }
  Response response{.status = 204};
  if (!access_.token.empty()) {
    response.headers.emplace_back(
        "Set-Cookie", fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict", session_cookie, access_.session));
  }
  return response;
}

Response Router::transactions(const Request& request, const View& view) const {
  constexpr std::int64_t all = 1'000;  // More than a record keeps.
  const auto lines = count_parameter(request.target, "lines", all, all);
  if (!lines) return lines.error();
  const auto key = request.target.query.find("key");
  return json_response(report::transactions_json(
      seen_of(view), {.lines = static_cast<std::size_t>(*lines),
                      .key = key == request.target.query.end() ? std::string() : key->second}));
}

Response Router::samples(const Request& request) const {
  const auto after = time_parameter(request.target, "after", model::WallTime{});
  if (!after) return after.error();
  return json_response(report::samples_json(sources_.board->samples(request.target.segments[3], *after)));
}

Reply Router::history(const Request& request) const {
  if (!sources_.history) {
    return error_response(404, "not_found", "no history is kept", "Name a file for it: see lockkeeper-run, [history].");
  }
  const auto server = request.target.query.find("server");
  if (server == request.target.query.end())
    return bad_request("server is missing", "Name one of GET /api/v1/status: ?server=NAME.");
  const auto to = time_parameter(request.target, "to", sources_.clock());
  if (!to) return to.error();
  const auto from = time_parameter(request.target, "from", *to - std::chrono::hours(1));
  if (!from) return from.error();
  if (*from > *to) return bad_request("from is later than to", "Ask for a time that ends after it begins.");
  return Work{[this, question = HistoryQuestion{server->second, *from, *to}] {
    auto told = sources_.history(question);
    return told ? json_response(*std::move(told)) : not_found("server \"" + question.server + "\" in the history");
  }};
}

Reply Router::audit(const Request& request) const {
  constexpr std::int64_t usual = 100;
  constexpr std::int64_t most = 1'000;
  const auto limit = count_parameter(request.target, "limit", usual, most);
  if (!limit) return limit.error();
  return Work{[path = sources_.audit, limit = *limit] {
    const auto lines = audit_tail(path, static_cast<std::size_t>(limit));
    if (!lines)
      return error_response(503, "unavailable", "the audit cannot be read: " + lines.error(),
                            "Look at the file and its rights.");
    return json_response(report::audit_json(*lines));
  }};
}

Reply Router::kill(const Request& request, const std::string& server) {
  if (auto refused = foreign_page(request)) return *std::move(refused);
  if (auto refused = no_csrf(access_, request)) return *std::move(refused);
  auto order = read_kill(request.body);
  if (!order) return order.error();
  if (!sources_.act || (!order->request.dry_run && !actions_)) {
    return error_response(403, "forbidden", "actions are not switched on here",
                          "Set actions = true in [http], or use lockkeeper kill.");
  }
  order->request.actor = "http from " + request.client;
  order->request.audit = sources_.audit;
  order->request.interrupted = [this] { return interrupted_.load(); };
  return Work{[this, server, order = *std::move(order)] {
    return carry_out(
        order, [&](const diagnose::ActionRequest& action) { return sources_.act(server, action); }, sources_.options);
  }};
}

}  // namespace lockkeeper::http
