#include "proxy/support/script.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

namespace lockkeeper::testing {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// A server that has said nothing for so long waits for us. Where that was wrong, its answer counts for the next step,
// on both ways alike.
constexpr milliseconds quiet{10};
constexpr std::size_t most_client = 16;

// The clients of one way.
class Player {
 public:
  explicit Player(Login login) : login_(std::move(login)), clients_(most_client) {}

  Answer step(const Step& step, const Answer* expected, milliseconds patience) {
    Answer answer;
    auto& client = clients_[step.client];
    if (!client) client = open(step, answer);
    if (!answer.ended) {
      client->send_bytes(encode(step.messages), step.piece);
      if (expected != nullptr) {
        read_as(*client, *expected, answer, patience);
      } else {
        read_hinted(*client, step, answer);
      }
    }
    if (client->ending() != Ending::open) answer.ended = true;
    if (answer.ended) client.reset();
    return answer;
  }

  // The end of a script: everything that is still under way comes, and then nothing.
  Answer finish(std::size_t number, const Answer* expected, milliseconds patience) {
    Step last{.client = number, .messages = {copy_fail("over"), sync()}};
    Answer answer;
    auto& client = clients_[number];
    if (!client) return answer;
    client->send(last.messages);
    if (expected != nullptr) {
      read_as(*client, *expected, answer, patience);
    } else {
      read_hinted(*client, last, answer);
    }
    client->send(terminate());
    if (expected != nullptr) (void)client->wait_for_end(patience);
    client.reset();
    return answer;
  }

 private:
  std::unique_ptr<RawClient> open(const Step& step, Answer& answer) {
    Login login = login_;
    login.minor = step.login.minor;
    login.more = step.login.more;
    auto client = std::make_unique<RawClient>(login.port);
    answer.ended = !client->log_in(login);
    answer.messages = client->greeting();
    // The order of the parameters is nobody's promise.
    const auto first = std::ranges::find(answer.messages, 'S', &Message::type);
    const auto behind = std::find_if(first, answer.messages.end(), [](const Message& m) { return m.type != 'S'; });
    std::sort(first, behind, [](const Message& a, const Message& b) { return a.body < b.body; });
    return client;
  }

  static void keep(Message message, Answer& answer) {
    (message.type == 'A' ? answer.notifications : answer.messages).push_back(normalised(std::move(message)));
  }

  static void read_hinted(RawClient& client, const Step& step, Answer& answer) {
    int left = step.count;
    while (left > 0 || step.count == 0) {
      auto message = client.read(step.count == 0 ? quiet : step.busy);
      if (!message) return;
      if (step.until.find(message->type) != std::string::npos) --left;
      keep(std::move(*message), answer);
    }
  }

  static void read_as(RawClient& client, const Answer& expected, Answer& answer, milliseconds patience) {
    const Clock::time_point deadline = Clock::now() + patience;
    const auto left = [&] {
      return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(deadline - Clock::now()));
    };
    while (answer.messages.size() < expected.messages.size()) {
      auto message = client.read(left());
      if (!message) return;
      keep(std::move(*message), answer);
    }
    if (!expected.ended) return;
    while (auto message = client.read(left())) keep(std::move(*message), answer);
  }

  Login login_;
  std::vector<std::unique_ptr<RawClient>> clients_;
};

Answers play_as(const Script& script, const Login& login, const Answers* expected, milliseconds patience) {
  Player player(login);
  Answers answers;
  for (std::size_t i = 0; i < script.size(); ++i) {
    answers.push_back(player.step(script[i], expected == nullptr ? nullptr : &(*expected)[i], patience));
    // What follows a difference says nothing new, and may wait for what never comes.
    if (expected != nullptr && first_difference(*expected, answers)) return answers;
  }
  for (std::size_t client = 0; client < most_client; ++client) {
    answers.push_back(
        player.finish(client, expected == nullptr ? nullptr : &(*expected)[script.size() + client], patience));
  }
  return answers;
}

bool same(const Answer& left, const Answer& right) {
  if (left.ended != right.ended || left.messages.size() != right.messages.size()) return false;
  for (std::size_t i = 0; i < left.messages.size(); ++i) {
    if (normalised(left.messages[i]) != normalised(right.messages[i])) return false;
  }
  return true;
}

Messages all_notifications(const Answers& answers) {
  Messages all;
  for (const Answer& answer : answers) all = std::move(all) + answer.notifications;
  std::ranges::sort(all, {}, &Message::body);
  return all;
}

std::string show(const Answer& answer) {
  std::string text = show(answer.messages + answer.notifications, "    ");
  if (answer.ended) text += "    (closed)\n";
  return text.empty() ? "    (nothing)\n" : text;
}

}  // namespace

Answers play(const Script& script, const Login& login) { return play_as(script, login, nullptr, quiet); }
Answers play(const Script& script, const Login& login, const Answers& expected, milliseconds patience) {
  return play_as(script, login, &expected, patience);
}

std::optional<std::size_t> first_difference(const Answers& left, const Answers& right) {
  const std::size_t common = std::min(left.size(), right.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (!same(left[i], right[i])) return i;
  }
  const bool whole = left.size() == right.size();
  if (whole && all_notifications(left) != all_notifications(right)) return left.size();
  return std::nullopt;
}

Script shrink(Script script, const std::function<bool(const Script&)>& differs, milliseconds time) {
  const Clock::time_point deadline = Clock::now() + time;
  for (std::size_t size = std::max<std::size_t>(1, script.size() / 2); size > 0;) {
    bool shorter = false;
    for (std::size_t at = 0; at + size <= script.size() && Clock::now() < deadline;) {
      Script tried = script;
      tried.erase(tried.begin() + static_cast<std::ptrdiff_t>(at),
                  tried.begin() + static_cast<std::ptrdiff_t>(at + size));
      if (!tried.empty() && differs(tried)) {
        script = std::move(tried);
        shorter = true;
      } else {
        at += size;
      }
    }
    if (Clock::now() >= deadline) break;
    if (!shorter || size > script.size()) size /= 2;
  }
  return script;
}

std::string show(const Script& script) {
  std::string text;
  for (std::size_t i = 0; i < script.size(); ++i) {
    text += "step " + std::to_string(i) + ", client " + std::to_string(script[i].client);
    if (script[i].piece > 0) text += ", in pieces of " + std::to_string(script[i].piece);
    for (const auto& [name, value] : script[i].login.more) text += ", " + name + "=" + value;
    if (script[i].login.minor > 0) text += ", protocol 3." + std::to_string(script[i].login.minor);
    text += "\n" + show(script[i].messages, "    ");
  }
  return text;
}

std::string show_difference(const Script& script, const Answers& direct, const Answers& other) {
  const auto difference = first_difference(direct, other);
  if (!difference) return "no difference\n";
  const std::size_t at = *difference;
  std::string text = "The script:\n" + show(script) + "\nAnswers, directly and through the proxy:\n";
  for (std::size_t i = 0; i < std::min(at, script.size()); ++i)
    text += "  step " + std::to_string(i) + ", both\n" + show(direct[i]);
  const std::string where = at < script.size() ? "step " + std::to_string(at) : "at the end";
  const auto one = [&](const Answers& answers) {
    return at < answers.size() ? show(answers[at]) : show(all_notifications(answers), "    ");
  };
  return text + "  " + where + ", directly\n" + one(direct) + "  " + where + ", through the proxy\n" + one(other);
}

}  // namespace lockkeeper::testing
