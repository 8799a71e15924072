// A running server over a board of made views, and a client that says exactly what a test wants.
#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/made_views.hpp"
#include "http/server.hpp"
#include "support/plain_socket.hpp"

namespace lockkeeper::test {

struct Answer {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< By their names in lower case.
  std::string body;

  [[nodiscard]] boost::json::value json() const;
  [[nodiscard]] std::string error_code() const;  ///< Empty: it is no error.
  [[nodiscard]] std::string header(const std::string& name) const;
};

/// Of the bytes of one answer.
[[nodiscard]] Answer parse_answer(std::string_view bytes);

struct Asked {
  std::string method = "GET";
  std::string path = "/";
  std::vector<std::string> headers = {};  ///< "Name: value"; Host is added unless there is one.
  std::string body = {};
};

/// A GET, and a POST of JSON.
[[nodiscard]] Asked get(std::string path, std::vector<std::string> headers = {});
[[nodiscard]] Asked post(std::string path, std::string body, std::vector<std::string> headers = {});

class Serving : public ::testing::Test {
 protected:
  /// With these settings and sources, as they are when it is called. Throws with the reason.
  void start();
  [[nodiscard]] Answer ask(const Asked& asked) const;
  [[nodiscard]] boost::json::value json(std::string path) const { return ask(get(std::move(path))).json(); }
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::string csrf() const;  ///< As a header.
  void publish() { board.publish(view_of(shop)); }

  Shop shop;
  diagnose::Board board;
  http::HttpSettings settings{.listen = {"127.0.0.1:0"}};
  http::Sources sources{.board = &board, .clock = [] { return Shop().now; }, .version = "1.2.3"};
  std::unique_ptr<http::Server> server;
};

/// The request as bytes.
[[nodiscard]] std::string request_text(const Asked& asked, bool keep = false);

}  // namespace lockkeeper::test
