// `lockkeeper run mysql://...`, and mariadb://. For config_url.cpp, which explains it.
#pragma once

#include <expected>
#include <string_view>

#include "proxy/config_url.hpp"

namespace lockkeeper::proxy {

[[nodiscard]] bool is_mysql_url(std::string_view url) noexcept;

[[nodiscard]] std::expected<Config, ConfigErrors> config_from_mysql_url(std::string_view url, const UrlOptions& options,
                                                                        const Surroundings& surroundings);

}  // namespace lockkeeper::proxy
