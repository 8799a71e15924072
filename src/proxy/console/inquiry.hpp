// One question to every worker, put by a task that runs on one of them. Nobody blocks: answers are posted back to the
// asker's own loop, which signals the asker's wakeup.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "io/wakeup.hpp"
#include "proxy/worker.hpp"

namespace lockkeeper::proxy::console {

/// Belongs to the asker's thread, and may go before all have answered: what comes later is dropped.
template <class Answer>
class Inquiry {
 public:
  using Question = std::function<Answer(Worker&)>;

  /// The wakeup belongs to the asker's loop and lives as long as this.
  Inquiry(Worker& asker, io::Wakeup& wakeup, const Question& question)
      : box_(std::make_shared<Box>(&wakeup, asker.shared().worker_count)) {
    for (std::uint32_t number = 0; number < box_->asked; ++number) {
      if (number == asker.number()) {
        box_->answers.push_back(question(asker));
        continue;
      }
      Worker& other = static_cast<Worker&>(asker.shared().pools.worker(pool::WorkerId(number)));
      other.post([box = box_, question, &asker, &other] {
        // std::function copies what it holds: the answer itself is not copied from thread to thread.
        auto answer = std::make_shared<Answer>(question(other));
        asker.post([box, answer] {
          box->answers.push_back(std::move(*answer));
          if (box->wakeup != nullptr) box->wakeup->signal();
        });
      });
    }
  }
  Inquiry(const Inquiry&) = delete;
  Inquiry& operator=(const Inquiry&) = delete;
  ~Inquiry() { box_->wakeup = nullptr; }

  [[nodiscard]] bool complete() const noexcept { return box_->answers.size() == box_->asked; }
  [[nodiscard]] std::size_t missing() const noexcept { return box_->asked - box_->answers.size(); }
  /// Of those who have answered so far, in no order.
  [[nodiscard]] std::vector<Answer>& answers() noexcept { return box_->answers; }

 private:
  /// Touched by the asker's thread alone; the others only carry it.
  struct Box {
    Box(io::Wakeup* to_signal, std::size_t workers) : wakeup(to_signal), asked(workers) {}
    io::Wakeup* wakeup;
    std::size_t asked;
    std::vector<Answer> answers;
  };
  std::shared_ptr<Box> box_;
};

}  // namespace lockkeeper::proxy::console
