#include <lockkeeper/background.hpp>

#include "client/background_body.hpp"

namespace lockkeeper {

Background::Background(Database& db, BackgroundSettings settings)
    : body_(std::make_shared<client::BackgroundBody>(db, std::move(settings))) {}

Background::~Background() { body_->end(); }

void Background::submit(std::unique_ptr<detail::BackgroundJob> job, const std::source_location& where) {
  body_->submit(std::move(job), where);
}

void Background::submit_after_commit(TransactionRef& tx, std::unique_ptr<detail::BackgroundJob> job,
                                     const std::source_location& where) {
  // Shared: std::function wants to be copied. Weak: the transaction may end later than this.
  auto shared = std::make_shared<std::unique_ptr<detail::BackgroundJob>>(std::move(job));
  tx.after_commit([weak = std::weak_ptr(body_), shared, where](Database&) {
    const auto body = weak.lock();
    if (!body) {
      throw Failure(
          {ErrorCode::pool_closed, "", "a job for after the commit: its Background has gone", Blast::statement});
    }
    body->submit(std::move(*shared), where);
  });
}

BackgroundLeft Background::stop(Deadline deadline) { return body_->stop(deadline); }

BackgroundMetrics Background::metrics() const { return body_->metrics(); }

}  // namespace lockkeeper
