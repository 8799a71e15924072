#include "proxy/console/conversation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/byte_reader.hpp"
#include "base/utf8.hpp"
#include "wire/postgres/frontend.hpp"

namespace lockkeeper::proxy::console {

namespace pg = wire::postgres;

namespace {

// Clients that ask for values in binary form get the same bytes: text is text in both. That is why no column here has
// a type of numbers.
void append_columns(std::string& out, Kind kind) {
  const auto columns = columns_of(kind);
  if (columns.empty()) {
    pg::append_message(out, pg::backend::no_data, {});
  } else {
    pg::append_row_description(out, columns);
  }
}

void append_row(std::string& out, const Row& row) {
  // The client was told that all of this is UTF-8; names of users and databases may be any bytes.
  std::vector<std::string> mended;
  mended.reserve(row.size());
  std::vector<std::optional<std::string_view>> cells;
  for (const auto& cell : row) {
    if (cell) {
      cells.emplace_back(mended.emplace_back(base::mend_utf8(*cell)));
    } else {
      cells.emplace_back(std::nullopt);
    }
  }
  pg::append_data_row(out, cells);
}

Failure protocol_violation(std::string_view message) {
  return {"08P01", fmt::format("invalid {} message", message), {}};
}

// A Bind's formats, parameters and result formats: none of the middle ones may be there.
std::optional<Failure> check_parameters(pg::Bytes parameters) {
  if (!pg::check_bind_parameters(parameters)) return protocol_violation("Bind");
  base::ByteReader reader(parameters);
  const std::uint16_t formats = reader.uint16_big();
  reader.bytes(std::size_t{2} * formats);
  if (reader.uint16_big() == 0) return std::nullopt;
  return Failure{"08P01", "the console's commands take no parameters: write names and ids into the command", {}};
}

}  // namespace

std::string_view tag_of(Kind kind) noexcept {
  const std::string_view name = info_of(kind).name;
  return name.starts_with("SHOW ") ? "SHOW" : name;
}

bool Conversation::runs_here(Kind kind) noexcept {
  return kind == Kind::begin || kind == Kind::commit || kind == Kind::rollback || kind == Kind::set;
}

void Conversation::run_here(Kind kind, std::string& out) {
  if (kind != Kind::set) in_transaction_ = kind == Kind::begin;
  pg::append_command_complete(out, tag_of(kind));
}

std::optional<Failure> Conversation::check(const Command& command) const {
  const CommandInfo& info = info_of(command.kind);
  if (role_ >= info.role) return std::nullopt;
  return Failure{"42501", fmt::format("{} is for admin_users", info.name),
                 "This user is among stats_users: SHOW commands are allowed."};
}

void Conversation::fail(const Failure& failure, std::string& out) {
  pg::append_error(out, {.severity = "ERROR",
                         .sqlstate = failure.sqlstate,
                         .message = failure.message,
                         .detail = {},
                         .hint = failure.hint});
}

void Conversation::ready(std::string& out) const {
  pg::append_ready(out, in_transaction_ ? pg::TransactionStatus::open : pg::TransactionStatus::idle);
}

Conversation::Step Conversation::message(char type, pg::Bytes body, std::string& out) {
  if (type == pg::frontend::terminate) return {.run = {}, .ends = true};
  if (type == pg::frontend::sync) {
    sync(out);
    return {};
  }
  if (skipping_) return {};
  switch (type) {
    case pg::frontend::query: return query(body, out);
    case pg::frontend::parse: return parse(body, out);
    case pg::frontend::bind: return bind(body, out);
    case pg::frontend::describe: return describe(body, out);
    case pg::frontend::execute: return execute(body, out);
    case pg::frontend::close: return close(body, out);
    case pg::frontend::flush:
      return {};  // Nothing is held back.
    // A server takes these for the rest of a COPY that failed.
    case pg::frontend::copy_data:
    case pg::frontend::copy_done:
    case pg::frontend::copy_fail: return {};
    case pg::frontend::function_call:
      fail({"0A000", "the console has no functions", {}}, out);
      ready(out);
      return {};
    default: return {.run = {}, .refused = "invalid frontend message type"};
  }
}

Conversation::Step Conversation::query(pg::Bytes body, std::string& out) {
  const auto decoded = pg::decode_query(body);
  const auto refuse = [&](const Failure& failure) {
    fail(failure, out);
    ready(out);
    return Step{};
  };
  if (!decoded) return refuse(protocol_violation("Query"));
  auto command = parse_command(decoded->sql);
  if (!command) return refuse(command.error());
  if (const auto failure = check(*command)) return refuse(*failure);
  if (command->kind == Kind::nothing || runs_here(command->kind)) {
    if (command->kind == Kind::nothing) {
      pg::append_empty_query(out);
    } else {
      run_here(command->kind, out);
    }
    ready(out);
    return {};
  }
  running_ = *command;
  running_portal_.reset();
  most_rows_ = 0;
  return {.run = *std::move(command)};
}

Conversation::Step Conversation::parse(pg::Bytes body, std::string& out) {
  const auto refuse = [&](const Failure& failure) {
    fail(failure, out);
    skipping_ = true;
    return Step{};
  };
  const auto decoded = pg::decode_parse(body);
  if (!decoded) return refuse(protocol_violation("Parse"));
  auto command = parse_command(decoded->sql);
  if (!command) return refuse(command.error());
  if (const auto failure = check(*command)) return refuse(*failure);
  if (!decoded->name.empty() && statements_.contains(decoded->name))
    return refuse({"42P05", fmt::format("prepared statement \"{}\" already exists", decoded->name), {}});
  if (statements_.size() >= most_names)
    return refuse({"53400", fmt::format("the console keeps {} prepared statements at most", most_names), {}});
  statements_.insert_or_assign(std::string(decoded->name), *std::move(command));
  pg::append_parse_complete(out);
  return {};
}

Conversation::Step Conversation::bind(pg::Bytes body, std::string& out) {
  const auto refuse = [&](const Failure& failure) {
    fail(failure, out);
    skipping_ = true;
    return Step{};
  };
  const auto decoded = pg::decode_bind(body);
  if (!decoded) return refuse(protocol_violation("Bind"));
  const auto found = statements_.find(decoded->statement);
  if (found == statements_.end())
    return refuse({"26000", fmt::format("prepared statement \"{}\" does not exist", decoded->statement), {}});
  if (const auto failure = check_parameters(decoded->parameters)) return refuse(*failure);
  if (!decoded->portal.empty() && portals_.contains(decoded->portal))
    return refuse({"42P03", fmt::format("cursor \"{}\" already exists", decoded->portal), {}});
  if (portals_.size() >= most_names)
    return refuse({"53400", fmt::format("the console keeps {} portals at most", most_names), {}});
  portals_.insert_or_assign(std::string(decoded->portal), Portal{found->second, std::nullopt});
  pg::append_bind_complete(out);
  return {};
}

Conversation::Step Conversation::describe(pg::Bytes body, std::string& out) {
  const auto refuse = [&](const Failure& failure) {
    fail(failure, out);
    skipping_ = true;
    return Step{};
  };
  const auto decoded = pg::decode_describe(body);
  if (!decoded) return refuse(protocol_violation("Describe"));
  if (decoded->target == pg::Target::portal) {
    const auto found = portals_.find(decoded->name);
    if (found == portals_.end())
      return refuse({"34000", fmt::format("portal \"{}\" does not exist", decoded->name), {}});
    append_columns(out, found->second.command.kind);
    return {};
  }
  const auto found = statements_.find(decoded->name);
  if (found == statements_.end())
    return refuse({"26000", fmt::format("prepared statement \"{}\" does not exist", decoded->name), {}});
  pg::append_message(out, pg::backend::parameter_description, std::string_view("\0\0", 2));
  append_columns(out, found->second.kind);
  return {};
}

Conversation::Step Conversation::execute(pg::Bytes body, std::string& out) {
  const auto refuse = [&](const Failure& failure) {
    fail(failure, out);
    skipping_ = true;
    return Step{};
  };
  const auto decoded = pg::decode_execute(body);
  if (!decoded) return refuse(protocol_violation("Execute"));
  const auto found = portals_.find(decoded->portal);
  if (found == portals_.end())
    return refuse({"34000", fmt::format("portal \"{}\" does not exist", decoded->portal), {}});
  Portal& portal = found->second;
  most_rows_ = decoded->most_rows;
  if (portal.command.kind == Kind::nothing) {
    pg::append_empty_query(out);
  } else if (runs_here(portal.command.kind)) {
    run_here(portal.command.kind, out);
  } else if (portal.rows) {
    send_rows(portal, out);
  } else {
    running_ = portal.command;
    running_portal_ = std::string(decoded->portal);
    return {.run = portal.command};
  }
  return {};
}

Conversation::Step Conversation::close(pg::Bytes body, std::string& out) {
  const auto decoded = pg::decode_close(body);
  if (!decoded) {
    fail(protocol_violation("Close"), out);
    skipping_ = true;
    return {};
  }
  const auto drop = [&](auto& names) {
    const auto found = names.find(decoded->name);
    if (found != names.end()) names.erase(found);
  };
  decoded->target == pg::Target::portal ? drop(portals_) : drop(statements_);
  pg::append_close_complete(out);
  return {};
}

void Conversation::sync(std::string& out) {
  skipping_ = false;
  if (!in_transaction_) portals_.clear();
  ready(out);
}

void Conversation::send_rows(Portal& portal, std::string& out) const {
  const Rows& rows = *portal.rows;
  const std::size_t most = most_rows_ > 0 ? static_cast<std::size_t>(most_rows_) : rows.size();
  const std::size_t end = std::min(rows.size(), portal.sent + std::min(most, rows.size()));
  for (; portal.sent < end; ++portal.sent) append_row(out, rows[portal.sent]);
  if (most_rows_ > 0 && portal.sent < rows.size()) {
    pg::append_message(out, pg::backend::portal_suspended, {});
  } else {
    pg::append_command_complete(out, tag_of(portal.command.kind));
  }
}

void Conversation::finish(const Reply& reply, std::string& out) {
  for (const std::string& each : reply.notices) {
    pg::append_notice(out, {.severity = "NOTICE", .sqlstate = "00000", .message = each, .detail = {}, .hint = {}});
  }
  if (reply.failure) {
    fail(*reply.failure, out);
    if (running_portal_) {
      skipping_ = true;
    } else {
      ready(out);
    }
    return;
  }
  if (running_portal_) {
    const auto found = portals_.find(*running_portal_);
    if (found == portals_.end()) return;
    found->second.rows = reply.rows;
    return send_rows(found->second, out);
  }
  if (!columns_of(running_.kind).empty()) pg::append_row_description(out, columns_of(running_.kind));
  for (const Row& each : reply.rows) append_row(out, each);
  pg::append_command_complete(out, tag_of(running_.kind));
  ready(out);
}

}  // namespace lockkeeper::proxy::console
