#ifndef TALARIA_LIB_CHAT_JINJA_ARGUMENT_H_
#define TALARIA_LIB_CHAT_JINJA_ARGUMENT_H_

#include <string_view>

#include "lib/chat/jinja/value.h"

// Arguments of built-in functions with their types checked; *name* is the argument's, for messages.
namespace talaria::chat::jinja {

inline Status WantString(const Value& value, std::string_view name) {
  if (value.is_string()) return absl::OkStatus();
  if (value.is_undefined()) return InvalidArgument(value.undefined_message());
  return InvalidArgument("'", name, "' must be a string, found ", TypeName(value));
}

// *fallback* where it was not given or is None.
inline Status IntegerOr(const Value& value, std::string_view name, int64_t fallback, int64_t* out) {
  *out = fallback;
  if (value.is_absent() || value.is(Kind::kNone)) return absl::OkStatus();
  if (!value.is_integral())
    return InvalidArgument("'", name, "' must be an integer, found ", TypeName(value));
  *out = value.integer();
  return absl::OkStatus();
}

// Null where it was not given or is None.
inline Status StringOrNull(const Value& value, std::string_view name, const MarkedString** out) {
  *out = nullptr;
  if (value.is_absent() || value.is(Kind::kNone)) return absl::OkStatus();
  TALARIA_RETURN_IF_ERROR(WantString(value, name));
  *out = &value.string();
  return absl::OkStatus();
}

}  // namespace talaria::chat::jinja

#endif  // TALARIA_LIB_CHAT_JINJA_ARGUMENT_H_
