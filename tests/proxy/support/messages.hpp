// Protocol messages as the tests of the proxy write and read them.
//
// On purpose not the encoder of src/wire: what the proxy is compared with must not share its mistakes.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lockkeeper::testing {

/// One message without its length. Type 0: the body is sent as it is, header and all.
struct Message {
  char type = 0;
  std::string body;

  friend bool operator==(const Message&, const Message&) = default;
};
using Messages = std::vector<Message>;
Messages operator+(Messages left, const Messages& right);

[[nodiscard]] std::string encode(const Message& message);
[[nodiscard]] std::string encode(const Messages& messages);

/// nullopt is NULL.
using Value = std::optional<std::string>;

[[nodiscard]] Message query(std::string_view sql);
[[nodiscard]] Message parse(std::string_view name, std::string_view sql,
                            std::initializer_list<std::uint32_t> types = {});
[[nodiscard]] Message bind_to(std::string_view portal, std::string_view statement,
                              const std::vector<Value>& values = {}, bool binary_results = false);
[[nodiscard]] Message describe_statement(std::string_view name);
[[nodiscard]] Message describe_portal(std::string_view name);
[[nodiscard]] Message execute(std::string_view portal = "", std::uint32_t most_rows = 0);
[[nodiscard]] Message close_statement(std::string_view name);
[[nodiscard]] Message close_portal(std::string_view name);
[[nodiscard]] Message sync();
[[nodiscard]] Message flush();
[[nodiscard]] Message terminate();
[[nodiscard]] Message copy_data(std::string_view bytes);
[[nodiscard]] Message copy_done();
[[nodiscard]] Message copy_fail(std::string_view why);
/// Arguments in text format, the result too.
[[nodiscard]] Message function_call(std::uint32_t oid, const std::vector<Value>& arguments);
[[nodiscard]] Message raw_bytes(std::string_view bytes);

using Parameters = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] std::string startup_packet(std::uint16_t minor, const Parameters& parameters);
[[nodiscard]] std::string cancel_packet(std::uint32_t pid, std::string_view secret);
/// SSLRequest or GSSENCRequest.
[[nodiscard]] std::string encryption_request(bool gss);

/// The field `code` ('C' SQLSTATE, 'M' message ...) of an ErrorResponse or NoticeResponse; empty where there is none.
[[nodiscard]] std::string error_field(const Message& message, char code);
/// The cells of a DataRow.
[[nodiscard]] std::vector<Value> cells(const Message& row);
/// The columns' names of a RowDescription.
[[nodiscard]] std::vector<std::string> column_names(const Message& description);
/// The two texts of a ParameterStatus.
[[nodiscard]] std::pair<std::string, std::string> parameter_status(const Message& message);

/// The same message without what may differ between two runs: process ids, keys, OIDs of tables and types that the test
/// made.
[[nodiscard]] Message normalised(Message message);

/// On one line, long bodies shortened.
[[nodiscard]] std::string show(const Message& message);
[[nodiscard]] std::string show(const Messages& messages, std::string_view indent);

}  // namespace lockkeeper::testing
