// What all connections of a server share. Included by the .cpp files of Asio alone.
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <list>

#include "http/event_hub.hpp"
#include "http/message.hpp"
#include "http/router.hpp"
#include "http/settings.hpp"
#include "http/worker.hpp"

namespace lockkeeper::http {

/// Belongs to the loop's thread.
struct Connections {
  boost::asio::io_context& loop;
  const HttpLimits& limits;
  Router& router;
  Worker& worker;
  EventHub& hub;
  bool stopping = false;
  /// Of each connection, what ends its waiting for another request or event.
  std::list<std::function<void()>> open = {};
  std::function<void()> all_closed = [] {};  ///< Called when the last one has ended while stopping.
};

/// A connection's place among them, for as long as it lives.
class Place {
 public:
  explicit Place(Connections& all) : all_(all), place_(all.open.insert(all.open.end(), [] {})) {}
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() {
    all_.open.erase(place_);
    if (all_.stopping && all_.open.empty()) all_.all_closed();
  }

  void on_stop(std::function<void()> end) { *place_ = std::move(end); }

 private:
  Connections& all_;
  std::list<std::function<void()>>::iterator place_;
};

/// Serves one connection to its end.
[[nodiscard]] boost::asio::awaitable<void> serve(Connections& all, boost::asio::ip::tcp::socket socket);

}  // namespace lockkeeper::http
