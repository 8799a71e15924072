// sqlcommenter: key='value' pairs that tracers put into a comment, URL-encoded.
#pragma once

#include <string_view>
#include <vector>

#include "sql/fingerprint.hpp"

namespace lockkeeper::sql {

/// Appends the comment's tags, never beyond `max_tags` in all. A comment that is anything else has none:
/// prose with a quote in it must not become a tag.
void append_tags(std::string_view comment, std::vector<Tag>& tags);

}  // namespace lockkeeper::sql
