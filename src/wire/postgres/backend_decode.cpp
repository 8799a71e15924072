#include <algorithm>

#include "base/byte_reader.hpp"
#include "wire/postgres/backend.hpp"
#include "wire/postgres/frontend.hpp"
#include "wire/postgres/notice_fields.hpp"

namespace lockkeeper::wire::postgres {
namespace {

using base::ByteReader;

// The list of mechanisms: names, and an empty one that must be the last. Calls `each` with every name.
template <class Each>
bool read_mechanisms(Bytes data, const Each& each) {
  ByteReader reader(data);
  for (std::string_view name = reader.text(); !name.empty(); name = reader.text()) each(name);
  return reader.finished();
}

bool data_fits(Authentication kind, Bytes data) noexcept {
  switch (kind) {
    case Authentication::ok:
    case Authentication::kerberos:
    case Authentication::cleartext:
    case Authentication::gss:
    case Authentication::sspi: return data.empty();
    case Authentication::md5: return data.size() == 4;
    case Authentication::sasl: return read_mechanisms(data, [](std::string_view) noexcept {});
    case Authentication::gss_continue:
    case Authentication::sasl_continue:
    case Authentication::sasl_final: return true;
  }
  return false;
}

}  // namespace

std::optional<Notice> decode_notice(Bytes body) noexcept {
  Notice notice;
  std::string_view localized;
  const bool read = read_notice_fields(body, [&](char field, std::string_view text) noexcept {
    switch (field) {
      case 'S': localized = text; break;
      case 'V': notice.severity = text; break;
      case 'C': notice.sqlstate = text; break;
      case 'M': notice.message = text; break;
      case 'D': notice.detail = text; break;
      case 'H': notice.hint = text; break;
      case 'R': notice.routine = text; break;
      default: break;  // Unknown ones are to be ignored.
    }
  });
  if (!read) return std::nullopt;
  if (notice.severity.empty()) notice.severity = localized;
  return notice;
}

std::optional<ParameterStatus> decode_parameter_status(Bytes body) noexcept {
  ByteReader reader(body);
  const std::string_view name = reader.text();
  const std::string_view value = reader.text();
  return reader.finished() ? std::optional(ParameterStatus{name, value}) : std::nullopt;
}

std::optional<BackendKey> decode_backend_key(Bytes body) noexcept {
  ByteReader reader(body);
  const std::uint32_t pid = reader.uint32_big();
  const Bytes secret = reader.take_rest();
  if (secret.size() < least_secret || secret.size() > most_secret) return std::nullopt;
  return BackendKey{pid, secret};
}

std::optional<AuthenticationRequest> decode_authentication(Bytes body) noexcept {
  ByteReader reader(body);
  const auto kind = static_cast<Authentication>(reader.uint32_big());
  if (!reader.ok() || !data_fits(kind, reader.rest())) return std::nullopt;
  return AuthenticationRequest{kind, reader.rest()};
}

std::vector<std::string_view> sasl_mechanisms(Bytes data) {
  std::vector<std::string_view> names;
  names.reserve(static_cast<std::size_t>(std::ranges::count(data, '\0')));
  if (!read_mechanisms(data, [&](std::string_view name) { names.push_back(name); })) names.clear();
  return names;
}

bool is_list_of_types(Bytes body) noexcept {
  ByteReader reader(body);
  const std::size_t count = reader.uint16_big();
  return reader.ok() && reader.rest().size() == count * sizeof(std::uint32_t);
}

std::optional<NegotiateVersion> decode_negotiate_version(Bytes body) {
  ByteReader reader(body);
  const std::uint32_t version = reader.uint32_big();
  const std::uint32_t count = reader.uint32_big();
  const std::uint32_t major = version >> 16U;
  if ((major != 3 && major != 0) || count > reader.rest().size()) return std::nullopt;  // Each name has its terminator.
  NegotiateVersion result{.minor = version & 0xffffU};
  result.unsupported.reserve(count);
  for (std::uint32_t option = 0; option < count && reader.ok(); ++option) result.unsupported.push_back(reader.text());
  return reader.finished() ? std::optional(std::move(result)) : std::nullopt;
}

}  // namespace lockkeeper::wire::postgres
