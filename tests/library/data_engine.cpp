#include "library/data_engine.hpp"

#include <algorithm>
#include <map>

namespace lockkeeper::testing {
namespace {

// A pool's streams bound every wait themselves; here it is the test that does.
class BoundedStream : public RowStream {
 public:
  explicit BoundedStream(std::unique_ptr<RowStream> stream) : stream_(std::move(stream)) {}
  bool next(Rows& chunk, Deadline deadline) override { return stream_->next(chunk, std::min(deadline, soon())); }

 private:
  std::unique_ptr<RowStream> stream_;
};

}  // namespace

std::unique_ptr<RowStream> Session::open_stream(std::string_view sql, std::span<const Parameter> parameters,
                                                std::size_t chunk_rows) {
  return std::make_unique<BoundedStream>(connection_->stream(sql, parameters, chunk_rows, soon()));
}

Error error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Failure& failure) {
    return failure.error();
  }
  ADD_FAILURE() << "nothing failed";
  return {};
}

DriverUnderTest& OnEngine::tested() {
  static std::map<std::string, DriverUnderTest> started;
  const auto found = started.find(GetParam().label);
  return found != started.end() ? found->second : started.emplace(GetParam().label, GetParam().start()).first->second;
}

std::string OnEngine::sql(std::string_view text) {
  if (tested().placeholder(1) == "$1") return std::string(text);
  std::string with_marks;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool is_placeholder = text[at] == '$' && at + 1 < text.size() && text[at + 1] >= '0' && text[at + 1] <= '9';
    if (!is_placeholder) {
      with_marks += text[at];
      continue;
    }
    with_marks += '?';
    while (at + 1 < text.size() && text[at + 1] >= '0' && text[at + 1] <= '9') ++at;
  }
  return with_marks;
}

void OnEngine::make_table(std::string_view name, const std::string& columns) {
  Session session = connect();
  session.execute("DROP TABLE IF EXISTS " + std::string(name));
  session.execute("CREATE TABLE " + std::string(name) + " (" + columns + ")");
}

Pool OnEngine::pool(std::size_t connections) {
  return {driver(), target_of(tested().url), settings(connections), events_};
}

}  // namespace lockkeeper::testing
