// Text that many values hold, and one place in memory: an id that a thousand records name.
// Compared as text.
//
// Threading: the text does not change; copies may be held on any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace parlance {

class SharedText {
 public:
  SharedText() = default;
  SharedText(std::string text)
      : text_(text.empty() ? nullptr : std::make_shared<const std::string>(std::move(text))) {}
  SharedText(const char* text) : SharedText(std::string(text)) {}

  const std::string& text() const {
    static const std::string none;
    return text_ ? *text_ : none;
  }
  operator const std::string&() const { return text(); }
  operator std::string_view() const { return text(); }

  bool empty() const { return text_ == nullptr; }

  friend bool operator==(const SharedText& one, const SharedText& other) {
    return one.text_ == other.text_ || one.text() == other.text();
  }
  friend bool operator==(const SharedText& one, std::string_view other) {
    return one.text() == other;
  }

 private:
  std::shared_ptr<const std::string> text_;  // null: empty
};

}  // namespace parlance
