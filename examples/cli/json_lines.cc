#include "json_lines.h"

#include <cctype>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <string>

namespace talaria::cli {
namespace {

using nlohmann::ordered_json;

// The four digits of a \uXXXX escape at *at; 0 where there is none.
unsigned EscapeAt(const std::string& text, size_t at) {
  if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return 0;
  unsigned value = 0;
  for (size_t i = at + 2; i < at + 6; ++i) {
    const char* const digits = "0123456789abcdef";
    const char* const digit = std::strchr(digits, std::tolower(static_cast<unsigned char>(text[i])));
    if (digit == nullptr || *digit == '\0') return 0;
    value = value * 16 + static_cast<unsigned>(digit - digits);
  }
  return value;
}

// Escapes of half a surrogate pair, which Python's json writes and reads, stand for no character: they become
// U+FFFD, as other text that is none.
void MendSurrogates(std::string* text) {
  for (size_t at = 0; at < text->size(); ++at) {
    if ((*text)[at] != '\\') continue;
    const unsigned first = EscapeAt(*text, at);
    const bool high = first >= 0xD800 && first < 0xDC00;
    const bool low = first >= 0xDC00 && first < 0xE000;
    const unsigned second = high ? EscapeAt(*text, at + 6) : 0;
    if (high && second >= 0xDC00 && second < 0xE000) {
      at += 11;
      continue;
    }
    if (high || low) text->replace(at + 2, 4, "fffd");
    ++at;  // what a backslash escapes begins nothing
  }
}

std::string Dump(const ordered_json& value) {
  return value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::string Answer(const LineTextAction& action, std::string text) {
  MendSurrogates(&text);
  const ordered_json line = ordered_json::parse(text, nullptr, false);
  Result<std::string> answer =
      line.is_object()
          ? action(line, text)
          : Result<std::string>(Status(TALARIA_INVALID_ARGUMENT, "expected a line with one JSON object"));
  if (answer.ok()) return *answer;
  return Dump(
      {{"error",
        {{"code", talaria_status_name(answer.status().code())}, {"message", answer.status().message()}}}});
}

}  // namespace

Status AnswerLines(const LineAction& action) {
  return AnswerLinesAsText([&](const ordered_json& line, std::string_view text) -> Result<std::string> {
    const Result<ordered_json> answer = action(line, text);
    if (!answer.ok()) return answer.status();
    return Dump(*answer);
  });
}

Status AnswerLinesAsText(const LineTextAction& action) {
  std::string line;
  while (std::getline(std::cin, line)) {
    const std::string out = Answer(action, line) + "\n";
    if (std::fwrite(out.data(), 1, out.size(), stdout) != out.size() || std::fflush(stdout) != 0) {
      return Status(TALARIA_DATA_LOSS, "standard output could not be written");
    }
  }
  return Status();
}

}  // namespace talaria::cli
