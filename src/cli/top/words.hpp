// The few words that several pages share.
#pragma once

#include "cli/top/screen.hpp"
#include "model/finding.hpp"

namespace lockkeeper::cli::top {

[[nodiscard]] constexpr Style style_of(model::Severity severity) noexcept {
  switch (severity) {
    case model::Severity::critical: return Style::critical;
    case model::Severity::warning: return Style::warning;
    case model::Severity::notice: return Style::notice;
  }
  return Style::plain;
}

}  // namespace lockkeeper::cli::top
