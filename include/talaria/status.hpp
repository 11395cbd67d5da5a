// How talaria.hpp tells of errors, and who frees what.
#ifndef TALARIA_STATUS_HPP_
#define TALARIA_STATUS_HPP_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "talaria/base.h"

namespace talaria {

// Why a call failed; code TALARIA_OK: it did not.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(int32_t code, std::string message) : code_(code), message_(std::move(message)) {}

  // Takes over the error object of a call that gave *code*.
  static Status Take(int32_t code, talaria_error* error) {
    if (code == TALARIA_OK || code == TALARIA_NOT_READY) return Status(code, "");
    uint64_t bytes = 0;
    const char* text = talaria_error_message(error, &bytes);
    Status status(code, std::string(text, static_cast<size_t>(bytes)));
    talaria_error_free(error);
    return status;
  }

  bool ok() const { return code_ == TALARIA_OK; }
  int32_t code() const { return code_; }
  const std::string& message() const { return message_; }
  // "NOT_FOUND: model/config.json: no such file".
  std::string text() const { return std::string(talaria_status_name(code_)) + ": " + message_; }

 private:
  int32_t code_ = TALARIA_OK;
  std::string message_;
};

// A value, or why there is none. Look at ok() before *.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}          // NOLINT(google-explicit-constructor)
  Result(Status status) : status_(std::move(status)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return value_.has_value(); }
  const Status& status() const { return status_; }
  T& operator*() & { return *value_; }
  const T& operator*() const& { return *value_; }
  T&& operator*() && { return std::move(*value_); }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }

 private:
  std::optional<T> value_;
  Status status_;
};

namespace detail {

template <typename T, void(TALARIA_CALL* Free)(T*) noexcept>
struct Freer {
  void operator()(T* object) const { Free(object); }
};
template <typename T, void(TALARIA_CALL* Free)(T*) noexcept>
using Handle = std::unique_ptr<T, Freer<T, Free>>;

// The text of an object that the library made, which is freed.
inline std::string TakeText(talaria_text* text) {
  uint64_t bytes = 0;
  const char* data = talaria_text_data(text, &bytes);
  std::string out(data, static_cast<size_t>(bytes));
  talaria_text_free(text);
  return out;
}

}  // namespace detail

}  // namespace talaria

#endif  // TALARIA_STATUS_HPP_
