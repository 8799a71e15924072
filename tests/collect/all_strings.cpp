#include "collect/made_rows.hpp"

namespace lockkeeper::collect::postgres {
namespace {

using Texts = std::vector<std::string>;

void add(Texts& texts, const std::vector<model::HeldLock>& locks) {
  for (const auto& lock : locks) texts.insert(texts.end(), {lock.kind, lock.target, lock.mode});
}

void add(Texts& texts, const model::Session& session) {
  texts.insert(texts.end(), {session.application, session.user, session.database, session.client, session.wait_event});
  if (session.statement) {
    texts.push_back(session.statement->text);
    texts.push_back(session.statement->server_id.value_or(""));
  }
  add(texts, session.locks);
}

void add(Texts& texts, const model::Wait& wait) {
  texts.insert(texts.end(), {wait.kind, wait.target, wait.mode});
  for (const auto& holder : wait.blocked_by) {
    if (const auto* gid = std::get_if<std::string>(&holder)) texts.push_back(*gid);
  }
}

}  // namespace

std::vector<std::string> all_strings(const model::Snapshot& snapshot) {
  const auto& server = snapshot.server;
  Texts texts{server.product, server.version, server.name, server.database, snapshot.observer_role};
  for (const auto& session : snapshot.sessions) add(texts, session);
  for (const auto& wait : snapshot.waits) add(texts, wait);
  for (const auto& prepared : snapshot.prepared) {
    texts.insert(texts.end(), {prepared.gid, prepared.owner, prepared.database});
    add(texts, prepared.locks);
  }
  for (const auto& hold : snapshot.replication) texts.push_back(hold.name);
  for (const auto& missing : snapshot.missing) texts.insert(texts.end(), {missing.what, missing.why, missing.cure});
  return texts;
}

}  // namespace lockkeeper::collect::postgres
