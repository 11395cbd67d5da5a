#include "lib/grammar/schema/json_pointer.h"

#include "lib/base/utf8.h"

namespace talaria::grammar {
namespace {

// Every schema keeps its place: a long name with many schemas below must not cost its length each time.
constexpr size_t kMaxPlace = 300;
constexpr std::string_view kEllipsis = "...";

}  // namespace

void AppendPointerToken(std::string_view token, std::string* pointer) {
  *pointer += '/';
  for (const char c : token) {
    if (c == '~') {
      *pointer += "~0";
    } else if (c == '/') {
      *pointer += "~1";
    } else {
      *pointer += c;
    }
  }
}

std::string UnescapedPointerToken(std::string_view token) {
  std::string out;
  for (size_t i = 0; i < token.size(); ++i) {
    if (token[i] == '~' && i + 1 < token.size() && (token[i + 1] == '0' || token[i + 1] == '1')) {
      out += token[++i] == '0' ? '~' : '/';
    } else {
      out += token[i];
    }
  }
  return out;
}

std::string PlaceBelow(std::string_view pointer, std::string_view token) {
  std::string place(pointer);
  if (place.size() >= kMaxPlace) return place;
  AppendPointerToken(token.substr(0, kMaxPlace), &place);
  if (place.size() > kMaxPlace) {
    place.resize(kMaxPlace);
    place.resize(place.size() - IncompleteUtf8Tail(place));  // at most 3 bytes, so that the whole stays past kMaxPlace
    place += kEllipsis;
  }
  return place;
}

}  // namespace talaria::grammar
