#include "lib/chat/tool_call/python_string.h"

#include <cctype>

#include "lib/base/utf8.h"

namespace talaria::chat {
namespace {

int DigitValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char low = static_cast<char>(c | 0x20);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : 16;
}

// One to *most digits of *base* at *at, which moves behind them.
unsigned ReadDigits(std::string_view text, int base, size_t most, size_t* at) {
  unsigned value = 0;
  for (size_t i = 0; i < most && *at < text.size() && DigitValue(text[*at]) < base; ++i, ++*at) {
    value = value * static_cast<unsigned>(base) + static_cast<unsigned>(DigitValue(text[*at]));
  }
  return value;
}

// The escape whose backslash stands before *at.
Status ReadEscape(std::string_view text, size_t* at, std::string* out) {
  if (*at >= text.size()) return InvalidArgument("a string has no end");
  const char c = text[*at];
  if (c >= '0' && c <= '7') {
    AppendUtf8(ReadDigits(text, 8, 3, at), out);
    return absl::OkStatus();
  }
  ++*at;
  const size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
  if (digits > 0) {
    const size_t begin = *at;
    const unsigned value = ReadDigits(text, 16, digits, at);
    if (*at - begin < digits) return InvalidArgument("an escape \\", c, " has too few digits");
    if (value > 0x10FFFF) return InvalidArgument("an escape \\U is beyond U+10FFFF");
    AppendUtf8(value, out);
    return absl::OkStatus();
  }
  if (c == 'N') return InvalidArgument("escapes \\N{...} are not known");
  if (c == '\n') return absl::OkStatus();
  if (c == '\r') {
    if (*at < text.size() && text[*at] == '\n') ++*at;
    return absl::OkStatus();
  }
  constexpr std::string_view kNames = "\\'\"abfnrtv";
  constexpr std::string_view kValues = "\\'\"\a\b\f\n\r\t\v";
  if (const size_t found = kNames.find(c); found != std::string_view::npos) {
    *out += kValues[found];
  } else {
    // No escape: both characters stand for themselves.
    *out += '\\';
    *out += c;
  }
  return absl::OkStatus();
}

}  // namespace

Status ReadPythonString(std::string_view text, size_t* at, std::string* out) {
  bool is_raw = false;
  bool is_unicode = false;
  for (; *at < text.size() && text[*at] != '"' && text[*at] != '\''; ++*at) {
    const char letter = static_cast<char>(text[*at] | 0x20);
    if (letter == 'r' && !is_raw && !is_unicode) {
      is_raw = true;
    } else if (letter == 'u' && !is_raw && !is_unicode) {
      is_unicode = true;
    } else {
      return InvalidArgument("a string that is bytes, formatted, or none");
    }
  }
  if (*at >= text.size()) return InvalidArgument("a prefix without a string");
  const char quote = text[*at];
  const std::string triple(3, quote);
  const bool is_triple = text.substr(*at, 3) == triple;
  *at += is_triple ? 3 : 1;
  while (*at < text.size()) {
    const char c = text[*at];
    if (is_triple ? text.substr(*at, 3) == triple : c == quote) {
      *at += is_triple ? 3 : 1;
      return absl::OkStatus();
    }
    ++*at;
    if (c == '\0' || (!is_triple && (c == '\n' || c == '\r'))) break;
    if (c == '\r') {
      // Python reads every line end as \n.
      if (*at < text.size() && text[*at] == '\n') ++*at;
      *out += '\n';
    } else if (c == '\\' && is_raw) {
      *out += c;
      if (*at < text.size()) *out += text[(*at)++];
    } else if (c == '\\') {
      TALARIA_RETURN_IF_ERROR(ReadEscape(text, at, out));
    } else {
      *out += c;
    }
  }
  return InvalidArgument("a string has no end");
}

}  // namespace talaria::chat
