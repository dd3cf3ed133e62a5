// A value that lives elsewhere, so that what holds it stays small. Copied and compared as the
// value. A box that was moved from is empty: it may only be assigned to or go.
//
// Threading: as T.
#pragma once

#include <memory>
#include <utility>

namespace parlance {

template <class T>
class Boxed {
 public:
  Boxed(T value) : value_(std::make_unique<T>(std::move(value))) {}
  Boxed(const Boxed& other) : value_(std::make_unique<T>(*other)) {}
  Boxed(Boxed&&) noexcept = default;
  Boxed& operator=(Boxed other) noexcept {
    value_ = std::move(other.value_);
    return *this;
  }
  ~Boxed() = default;

  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }

  bool operator==(const Boxed& other) const { return *value_ == *other; }

 private:
  std::unique_ptr<T> value_;
};

}  // namespace parlance
