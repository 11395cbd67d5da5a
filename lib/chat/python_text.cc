#include "lib/chat/python_text.h"

#include "lib/base/utf8.h"
#include "lib/chat/unicode_properties.h"

namespace talaria::chat {

std::string_view StripStart(std::string_view text) {
  while (!text.empty()) {
    const Utf8Char character = DecodeUtf8(text);
    if (!IsSpace(character.code_point)) break;
    text.remove_prefix(character.bytes);
  }
  return text;
}

std::string_view StripEnd(std::string_view text) {
  while (!text.empty()) {
    size_t begin = text.size() - 1;
    while (begin > 0 && text.size() - begin < 4 && (static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80)
      --begin;
    if (!IsSpace(DecodeUtf8(text.substr(begin)).code_point)) break;
    text.remove_suffix(text.size() - begin);
  }
  return text;
}

std::string_view Strip(std::string_view text) { return StripEnd(StripStart(text)); }

char ReprQuote(std::string_view text) {
  return text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos ? '"' : '\'';
}

size_t AppendReprCharacter(std::string_view text, char quote, std::string* out) {
  static constexpr char kHex[] = "0123456789abcdef";
  const Utf8Char character = DecodeUtf8(text);
  const char32_t code = character.code_point;
  if (code == static_cast<unsigned char>(quote) || code == '\\') {
    *out += '\\';
    *out += text[0];
  } else if (code == '\n' || code == '\r' || code == '\t') {
    *out += code == '\n' ? "\\n" : code == '\r' ? "\\r" : "\\t";
  } else if (IsPrintable(code)) {
    out->append(text.substr(0, character.bytes));
  } else {
    const int digits = code < 0x100 ? 2 : code < 0x10000 ? 4 : 8;
    *out += code < 0x100 ? "\\x" : code < 0x10000 ? "\\u" : "\\U";
    for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) *out += kHex[(code >> shift) & 15];
  }
  return character.bytes;
}

void AppendReprBody(std::string_view text, std::string* out) {
  const char quote = ReprQuote(text);
  while (!text.empty()) text.remove_prefix(AppendReprCharacter(text, quote, out));
}

namespace {

void AppendQuoted(std::string_view text, std::string* out) {
  const char quote = ReprQuote(text);
  *out += quote;
  AppendReprBody(text, out);
  *out += quote;
}

// Recursion is bounded by the depth that the JSON parser allows.
void AppendRepr(const json::Value& value, std::string* out) {
  if (const bool* boolean = value.bool_value()) {
    *out += *boolean ? "True" : "False";
  } else if (value.is_number()) {
    *out += json::Write(value);
  } else if (const std::string* text = value.string()) {
    AppendQuoted(*text, out);
  } else if (const json::Array* items = value.array()) {
    *out += '[';
    for (size_t i = 0; i < items->size(); ++i) {
      if (i > 0) *out += ", ";
      AppendRepr((*items)[i], out);
    }
    *out += ']';
  } else if (const json::Object* members = value.object()) {
    *out += '{';
    for (size_t i = 0; i < members->size(); ++i) {
      if (i > 0) *out += ", ";
      AppendQuoted((*members)[i].key, out);
      *out += ": ";
      AppendRepr((*members)[i].value, out);
    }
    *out += '}';
  } else {
    *out += "None";
  }
}

}  // namespace

std::string Repr(const json::Value& value) {
  std::string out;
  AppendRepr(value, &out);
  return out;
}

}  // namespace talaria::chat
