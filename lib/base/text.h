#ifndef TALARIA_LIB_BASE_TEXT_H_
#define TALARIA_LIB_BASE_TEXT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace talaria {

// Decimal text of a number; floating point with the fewest digits that read back as the same value.
std::string NumberText(double value);

// Appends each argument: text as it is, integers in decimal, floating point by NumberText. Stands in for
// absl::StrCat, which does not take std::string_view in a build whose absl::string_view is a type of its own.
inline void AppendText(std::string* out, std::string_view text) { out->append(text); }
inline void AppendText(std::string* out, char character) { out->push_back(character); }
template <typename T, std::enable_if_t<std::is_arithmetic_v<T> && !std::is_same_v<T, char>, int> = 0>
void AppendText(std::string* out, T value) {
  if constexpr (std::is_floating_point_v<T>) {
    out->append(NumberText(static_cast<double>(value)));
  } else {
    out->append(std::to_string(value));
  }
}

template <typename... Args>
std::string Cat(const Args&... args) {
  std::string text;
  (AppendText(&text, args), ...);
  return text;
}

// *text* in double quotes, on one line: control characters and quotes escaped as in JSON, invalid UTF-8 as
// \xHH, and anything past *max_bytes* cut off with an ellipsis. For error messages that show what a file or a
// host gave.
std::string Quoted(std::string_view text, size_t max_bytes = 80);

// "1.23 GiB (1320702443 bytes)"; below 1 KiB only the bytes.
std::string BytesText(uint64_t bytes);

}  // namespace talaria

#endif  // TALARIA_LIB_BASE_TEXT_H_
