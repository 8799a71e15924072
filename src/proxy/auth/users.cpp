#include "proxy/auth/users.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "proxy/auth/crypto.hpp"
#include "proxy/auth/md5.hpp"
#include "proxy/auth/saslprep.hpp"

namespace lockkeeper::proxy {
namespace {

constexpr std::size_t most_errors = 100;
constexpr std::size_t salt_size = 16;  // as many bytes as PostgreSQL draws

std::string_view without_space(std::string_view text) noexcept {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  return begin == std::string_view::npos ? std::string_view() : text.substr(begin);
}

// A text in double quotes at the beginning of `rest`, which then begins behind it.
std::expected<std::string, std::string_view> take_quoted(std::string_view& rest) {
  rest = without_space(rest);
  if (!rest.starts_with('"')) return std::unexpected("a line is \"name\" \"password\", both in double quotes");
  std::string text;
  for (std::size_t at = 1; at < rest.size(); ++at) {
    if (rest[at] != '"') {
      text += rest[at];
    } else if (at + 1 < rest.size() && rest[at + 1] == '"') {
      text += rest[at++];
    } else {
      rest.remove_prefix(at + 1);
      return text;
    }
  }
  return std::unexpected("a double quote is not closed on its line; one within a text is written twice");
}

struct Line {
  std::string name;
  std::string secret;
};

std::expected<Line, std::string_view> parse_line(std::string_view line) {
  auto name = take_quoted(line);
  if (!name) return std::unexpected(name.error());
  auto secret = take_quoted(line);
  if (!secret) return std::unexpected(secret.error());
  return Line{std::move(*name), std::move(*secret)};
}

}  // namespace

std::expected<std::shared_ptr<const Users>, std::vector<UserError>> Users::parse(std::string_view text,
                                                                                 const Key& process_key) {
  std::vector<UserError> errors;
  if (text.size() > most_user_file) {
    errors.push_back({0, fmt::format("it has more than {} bytes", most_user_file)});
    return std::unexpected(std::move(errors));
  }
  auto users = std::make_shared<Users>(process_key);
  std::size_t number = 0;
  while (!text.empty() && errors.size() < most_errors) {
    ++number;
    const std::size_t end = text.find('\n');
    const std::string_view line = without_space(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (line.empty() || line.starts_with(';')) continue;
    auto parsed = parse_line(line);
    if (!parsed) {
      errors.push_back({number, std::string(parsed.error())});
      continue;
    }
    if (auto complaint = users->add(std::move(parsed->name), parsed->secret)) {
      errors.push_back({number, std::move(*complaint)});
    }
    wipe(parsed->secret);
  }
  if (!errors.empty()) return std::unexpected(std::move(errors));
  users->count_usual();
  return users;
}

std::shared_ptr<const Users> Users::nobody(const Key& process_key) { return std::make_shared<Users>(process_key); }

std::shared_ptr<const Users> Users::only(std::string_view name, std::string_view password, const Key& process_key) {
  auto users = std::make_shared<Users>(process_key);
  Entry& entry = users->users_[std::string(name)];
  // Whatever it looks like, in a URL it is a password.
  entry.user = {std::string(name), password.empty() ? SecretKind::none : SecretKind::password, Secret(password), {}};
  return users;
}

std::optional<std::string> Users::add(std::string name, std::string_view secret) {
  if (name.empty()) return "the user's name is empty";
  if (name.size() > most_user_name) return fmt::format("the user's name has more than {} bytes", most_user_name);
  if (name.contains('\0') || secret.contains('\0')) return "the line holds a zero byte";
  if (secret.size() > most_password) return fmt::format("the password has more than {} bytes", most_password);
  User user{name, SecretKind::password, Secret(secret), std::nullopt};
  if (secret.empty()) {
    user.kind = SecretKind::none;
  } else if (is_md5_hash(secret)) {
    user.kind = SecretKind::md5;
  } else if (is_scram_verifier(secret)) {
    auto verifier = parse_scram_verifier(secret);
    if (!verifier) return fmt::format("the SCRAM verifier of \"{}\" is broken: {}", name, verifier.error());
    user.kind = SecretKind::scram;
    user.secret = Secret();
    user.verifier = std::move(*verifier);
    ++verifiers_;
  }
  if (user.kind == SecretKind::password && !saslprep(secret).certain) {
    warnings_.push_back(
        fmt::format("the password of \"{}\" holds characters that SCRAM may have to normalise, which is not done here; "
                    "put its SCRAM verifier (pg_authid.rolpassword) into the user file if its logins fail",
                    name));
  }
  const auto [place, is_new] = users_.try_emplace(std::move(name));
  if (!is_new) return fmt::format("the user \"{}\" stands in an earlier line too", place->first);
  place->second.user = std::move(user);
  return std::nullopt;
}

void Users::count_usual() {
  std::map<std::uint32_t, std::size_t> counts;
  for (const auto& [name, entry] : users_) {
    if (entry.user.verifier) ++counts[entry.user.verifier->iterations];
  }
  const auto most = std::ranges::max_element(counts, {}, [](const auto& one) { return one.second; });
  if (most != counts.end()) usual_iterations_ = most->first;
}

const User* Users::find(std::string_view name) const {
  const auto place = users_.find(name);
  return place == users_.end() ? nullptr : &place->second.user;
}

const ScramVerifier& Users::verifier_of(const User& user) const {
  if (user.verifier) return *user.verifier;
  Entry& entry = users_.find(user.name)->second;
  std::call_once(entry.made, [&] {
    entry.verifier = make_scram_verifier(user.secret.view(), salt_of(user.name), usual_iterations);
  });
  return *entry.verifier;
}

// The same for those who are there with a password and those who are not: a salt tells nothing.
std::string Users::salt_of(std::string_view name) const {
  return std::string(hmac_sha256(process_key_.view(), name).view().substr(0, salt_size));
}

ScramVerifier Users::made_up_verifier(std::string_view name) const {
  const std::uint32_t iterations = mostly_verifiers() ? usual_iterations_ : usual_iterations;
  return {iterations, salt_of(name), hmac_sha256(process_key_.view(), fmt::format("stored key of {}", name)),
          hmac_sha256(process_key_.view(), fmt::format("server key of {}", name))};
}

}  // namespace lockkeeper::proxy
