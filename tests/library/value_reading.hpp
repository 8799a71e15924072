// One cell read, one argument bound: what the value tests are made of.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

#include <lockkeeper/value.hpp>

namespace lockkeeper::testing {

inline Rows one_cell(std::optional<std::string_view> text) {
  Rows rows;
  rows.set_columns({"age"});
  rows.append(text);
  return rows;
}

template <class Type>
Type read(std::optional<std::string_view> text) {
  return detail::read_cell<Type>(one_cell(text), 0, 0);
}

// The message of the refusal; nothing where it was read.
template <class Type>
std::string refusal(std::optional<std::string_view> text) {
  try {
    static_cast<void>(read<Type>(text));
    return "";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().code, ErrorCode::conversion);
    EXPECT_EQ(failure.error().blast, Blast::statement);
    return failure.what();
  }
}

template <class Type>
bool is_refused(std::optional<std::string_view> text) {
  return !refusal<Type>(text).empty();
}

// What is bound, as the text of an array's element: every kind has one.
template <class Type>
std::string bound(const Type& value) {
  const BoundParameters<1> parameters(value);
  std::string text = "{";
  detail::append_element(text, parameters.view()[0]);
  return text.substr(1);
}

template <class Type>
std::string binding_error(const Type& value) {
  try {
    const BoundParameters<1> parameters(value);
    return "";
  } catch (const Failure& failure) {
    return failure.what();
  }
}

}  // namespace lockkeeper::testing
