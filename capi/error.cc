#include "capi/error.h"

#include "lib/base/utf8.h"

struct talaria_error {
  int32_t code;
  std::string message;
};

namespace talaria::capi {
namespace {

// Of names and paths.
constexpr uint64_t kMaxNameBytes = 1u << 16;
constexpr uint64_t kMaxTextBytes = (uint64_t{1} << 31) - 1;

// Stands in where there is no memory for an error object; never freed. Its message fits a string's own
// buffer.
talaria_error* OutOfMemory() noexcept {
  static talaria_error error{TALARIA_RESOURCE_EXHAUSTED, "out of memory"};
  return &error;
}

}  // namespace

int32_t Report(const Status& status, talaria_error** error) noexcept {
  if (status.ok()) return TALARIA_OK;
  const auto code = static_cast<int32_t>(status.code());
  if (error == nullptr) return code;
  try {
    *error = new talaria_error{code, OneLine(Message(status))};
  } catch (...) {
    *error = OutOfMemory();
  }
  return code;
}

std::string OneLine(std::string_view text) {
  std::string line = SanitizeUtf8(text);
  for (char& character : line) {
    const auto byte = static_cast<unsigned char>(character);
    if (byte < 0x20 || byte == 0x7f) character = ' ';
  }
  return line;
}

Status CheckFlag(int32_t flag, std::string_view name) {
  if (flag == 0 || flag == 1) return absl::OkStatus();
  return InvalidArgument(name, ": expected 0 or 1, found ", flag);
}

StatusOr<std::string> TextArgument(const char* text, uint64_t bytes, std::string_view name) {
  TALARIA_ASSIGN_OR_RETURN(const std::string_view given, TextView(text, bytes, name));
  if (given.size() > kMaxNameBytes) {
    return InvalidArgument(name, ": expected at most ", kMaxNameBytes, " bytes, found ", bytes);
  }
  return SanitizeUtf8(given);
}

StatusOr<std::string_view> TextView(const char* text, uint64_t bytes, std::string_view name) {
  if (text == nullptr && bytes > 0)
    return InvalidArgument(name, ": expected ", bytes, " bytes of text, found NULL");
  if (bytes > kMaxTextBytes) {
    return InvalidArgument(name, ": expected at most ", kMaxTextBytes, " bytes, found ", bytes);
  }
  return std::string_view(text == nullptr ? "" : text, static_cast<size_t>(bytes));
}

StatusOr<std::string> PathArgument(const char* path, uint64_t bytes) {
  TALARIA_RETURN_IF_ERROR(NotNull(path, "path"));
  if (bytes == 0) return InvalidArgument("path: expected a path, found no text");
  if (bytes > kMaxNameBytes) {
    return InvalidArgument("path: expected at most ", kMaxNameBytes, " bytes, found ", bytes);
  }
  std::string own(path, static_cast<size_t>(bytes));
  if (own.find('\0') != std::string::npos) return InvalidArgument("path: a path cannot hold a zero byte");
  return own;
}

}  // namespace talaria::capi

const char* TALARIA_CALL talaria_status_name(int32_t status) TALARIA_NOEXCEPT {
  switch (status) {
    case TALARIA_OK:
      return "OK";
    case TALARIA_CANCELLED:
      return "CANCELLED";
    case TALARIA_INVALID_ARGUMENT:
      return "INVALID_ARGUMENT";
    case TALARIA_NOT_FOUND:
      return "NOT_FOUND";
    case TALARIA_RESOURCE_EXHAUSTED:
      return "RESOURCE_EXHAUSTED";
    case TALARIA_FAILED_PRECONDITION:
      return "FAILED_PRECONDITION";
    case TALARIA_UNIMPLEMENTED:
      return "UNIMPLEMENTED";
    case TALARIA_INTERNAL:
      return "INTERNAL";
    case TALARIA_UNAVAILABLE:
      return "UNAVAILABLE";
    case TALARIA_DATA_LOSS:
      return "DATA_LOSS";
    case TALARIA_NOT_READY:
      return "NOT_READY";
    default:
      return "UNKNOWN";
  }
}

int32_t TALARIA_CALL talaria_error_code(const talaria_error* error) TALARIA_NOEXCEPT {
  return error == nullptr ? TALARIA_OK : error->code;
}

const char* TALARIA_CALL talaria_error_message(const talaria_error* error, uint64_t* bytes) TALARIA_NOEXCEPT {
  if (bytes != nullptr) *bytes = error == nullptr ? 0 : error->message.size();
  return error == nullptr ? "" : error->message.c_str();
}

void TALARIA_CALL talaria_error_free(talaria_error* error) TALARIA_NOEXCEPT {
  if (error != nullptr && error != talaria::capi::OutOfMemory()) delete error;
}

const char* TALARIA_CALL talaria_text_data(const talaria_text* text, uint64_t* bytes) TALARIA_NOEXCEPT {
  if (bytes != nullptr) *bytes = text == nullptr ? 0 : text->text.size();
  return text == nullptr ? "" : text->text.c_str();
}

void TALARIA_CALL talaria_text_free(talaria_text* text) TALARIA_NOEXCEPT { delete text; }
