#include "io/resolver.hpp"

#include <utility>

namespace lockkeeper::io {

Resolver::~Resolver() {
  {
    const base::Guard guard(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool Resolver::ask(std::shared_ptr<NameQuestion> question) {
  {
    const base::Guard guard(mutex_);
    if (questions_.size() >= most_questions) return false;
    questions_.push_back(std::move(question));
  }
  if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
  changed_.notify_one();
  return true;
}

void Resolver::work() {
  base::Guard guard(mutex_);
  for (;;) {
    while (questions_.empty() && !stopping_) changed_.wait(guard);
    if (stopping_) return;
    const std::shared_ptr<NameQuestion> question = std::move(questions_.front());
    questions_.pop_front();
    guard.unlock();
    auto answer = resolve(question->host, question->port);
    loop_.post([question, answer = std::move(answer)]() mutable {
      question->answer = std::move(answer);
      if (question->wakeup != nullptr) question->wakeup->signal();
    });
    guard.lock();
  }
}

}  // namespace lockkeeper::io
