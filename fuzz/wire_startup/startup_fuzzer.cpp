// The first packet of a connection, from anybody who can reach the port.
//
// Promised and checked: no read beyond the packet; what is decoded lies within it; encoded again it is the same bytes.
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "wire/checks.hpp"
#include "wire/postgres/frontend.hpp"

namespace {

namespace pg = lockkeeper::wire::postgres;
using lockkeeper::fuzz::expect_within;
using pg::Bytes;

void check_parameters(Bytes packet, const pg::Startup& startup) {
  std::vector<std::pair<std::string, std::string>> parameters;
  for (const auto& [name, value] : startup.parameters) {
    expect_within(packet, name);
    expect_within(packet, value);
    LK_ASSERT(!name.empty());
    LK_ASSERT(startup.value(name).data() >= value.data());  // The last one of that name.
    parameters.emplace_back(name, value);
  }
  std::string out;
  pg::append_startup(out, startup.major, startup.minor, parameters);
  LK_ASSERT(startup.major == 3 ? out == packet : parameters.empty());
}

void check_requests(Bytes packet, const pg::Startup& startup) {
  LK_ASSERT(startup.parameters.empty());
  std::string out;
  if (startup.kind == pg::StartupKind::cancel_request) {
    expect_within(packet, startup.cancel_secret);
    pg::append_cancel_request(out, startup.cancel_pid, startup.cancel_secret);
  } else if (startup.kind == pg::StartupKind::ssl_request) {
    pg::append_ssl_request(out);
  } else {
    pg::append_gss_request(out);
  }
  LK_ASSERT(out == packet);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes packet(reinterpret_cast<const char*>(data), size);
  const auto startup = pg::decode_startup(packet);
  if (!startup) return 0;
  LK_ASSERT(pg::startup_size(packet).value() == size && size <= pg::most_startup);
  if (startup->kind == pg::StartupKind::startup) {
    check_parameters(packet, *startup);
  } else {
    check_requests(packet, *startup);
  }
  return 0;
}
