// A page of text under construction: colours where wanted, wrapped paragraphs with hanging indents.
#pragma once

#include <string>
#include <string_view>

#include "report/options.hpp"

namespace lockkeeper::report {

enum class Paint { plain, bold, red, yellow, cyan, green, dim };

class Page {
 public:
  explicit Page(const Options& options) : options_(options) {}

  /// The text in a colour, if colours are on. The text must be printable already.
  [[nodiscard]] std::string paint(Paint paint, std::string_view text) const;

  /// One line as it is.
  void line(std::string_view text);

  /// `lead` and then `text`, wrapped at the page's width under the end of `lead`. Text from a server is made printable.
  void paragraph(std::string_view lead, std::string_view text, Paint lead_paint = Paint::plain);

  /// A command or statement, never wrapped: it is there to be copied.
  void command(std::string_view lead, std::string_view text, Paint lead_paint = Paint::plain);

  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  const Options& options_;
  std::string text_;
};

}  // namespace lockkeeper::report
