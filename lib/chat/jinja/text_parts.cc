#include "lib/chat/jinja/text_parts.h"

#include <algorithm>
#include <string>

#include "lib/base/utf8.h"
#include "lib/chat/jinja/text_finder.h"
#include "lib/chat/jinja/value.h"
#include "lib/chat/python_text.h"
#include "lib/chat/unicode_properties.h"

namespace talaria::chat::jinja {
namespace {

// The start of the character that ends before *offset*.
size_t CharacterBefore(std::string_view text, size_t offset) {
  do {
    --offset;
  } while (offset > 0 && (static_cast<unsigned char>(text[offset]) & 0xC0) == 0x80);
  return offset;
}

class CharacterSet {
 public:
  explicit CharacterSet(std::string_view characters) {
    while (!characters.empty()) {
      const Utf8Char character = DecodeUtf8(characters);
      sorted_.push_back(character.code_point);
      characters.remove_prefix(character.bytes);
    }
    std::sort(sorted_.begin(), sorted_.end());
  }
  bool Has(char32_t character) const { return std::binary_search(sorted_.begin(), sorted_.end(), character); }

 private:
  std::u32string sorted_;
};

bool ReachedLimit(size_t splits, int64_t limit) {
  return limit >= 0 && splits >= static_cast<uint64_t>(limit);
}

void SplitAtSpace(const MarkedString& string, int64_t limit, std::vector<MarkedString>* parts) {
  const std::string_view text = string.text();
  size_t at = 0;
  const auto skip = [&text, &at](bool spaces) {
    while (at < text.size()) {
      const Utf8Char character = DecodeUtf8(text.substr(at));
      if (IsSpace(character.code_point) != spaces) break;
      at += character.bytes;
    }
  };
  for (skip(true); at < text.size(); skip(true)) {
    const size_t begin = at;
    if (ReachedLimit(parts->size(), limit)) {
      parts->push_back(string.Slice(begin, text.size()));
      return;
    }
    skip(false);
    parts->push_back(string.Slice(begin, at));
  }
}

void SplitAtSpaceFromEnd(const MarkedString& string, int64_t limit, std::vector<MarkedString>* parts) {
  const std::string_view text = string.text();
  size_t at = text.size();
  const auto skip = [&text, &at](bool spaces) {
    while (at > 0) {
      const size_t before = CharacterBefore(text, at);
      if (IsSpace(DecodeUtf8(text.substr(before)).code_point) != spaces) break;
      at = before;
    }
  };
  for (skip(true); at > 0; skip(true)) {
    const size_t end = at;
    if (ReachedLimit(parts->size(), limit)) {
      parts->push_back(string.Slice(0, end));
      break;
    }
    skip(false);
    parts->push_back(string.Slice(at, end));
  }
  std::reverse(parts->begin(), parts->end());
}

// Where *needle* occurs without overlaps, found from the start or, mirrored, from the end.
std::vector<size_t> Occurrences(std::string_view text, std::string_view needle, int64_t limit,
                                bool from_end) {
  std::string mirrored_text;
  std::string mirrored_needle;
  if (from_end) {
    mirrored_text.assign(text.rbegin(), text.rend());
    mirrored_needle.assign(needle.rbegin(), needle.rend());
    text = mirrored_text;
    needle = mirrored_needle;
  }
  const TextFinder finder(needle);
  std::vector<size_t> found;
  for (size_t at = finder.Find(text, 0); at != std::string_view::npos && !ReachedLimit(found.size(), limit);
       at = finder.Find(text, at + needle.size())) {
    found.push_back(from_end ? text.size() - at - needle.size() : at);
  }
  if (from_end) std::reverse(found.begin(), found.end());
  return found;
}

}  // namespace

MarkedString StripText(const MarkedString& string, Side side, const MarkedString* characters) {
  const std::string_view text = string.text();
  if (characters == nullptr) {
    return string.SliceOf(side == Side::kBoth    ? Strip(text)
                          : side == Side::kStart ? StripStart(text)
                                                 : StripEnd(text));
  }
  const CharacterSet set(characters->text());
  size_t begin = 0;
  size_t end = text.size();
  while (side != Side::kEnd && begin < end) {
    const Utf8Char character = DecodeUtf8(text.substr(begin));
    if (!set.Has(character.code_point)) break;
    begin += character.bytes;
  }
  while (side != Side::kStart && begin < end) {
    const size_t before = CharacterBefore(text, end);
    if (!set.Has(DecodeUtf8(text.substr(before)).code_point)) break;
    end = before;
  }
  return string.Slice(begin, end);
}

Status SplitText(const MarkedString& string, const MarkedString* separator, int64_t limit, bool from_end,
                 std::vector<MarkedString>* parts) {
  parts->clear();
  if (separator == nullptr) {
    from_end ? SplitAtSpaceFromEnd(string, limit, parts) : SplitAtSpace(string, limit, parts);
    return absl::OkStatus();
  }
  if (separator->empty()) return InvalidArgument("an empty separator");
  size_t begin = 0;
  for (const size_t at : Occurrences(string.text(), separator->text(), limit, from_end)) {
    parts->push_back(string.Slice(begin, at));
    begin = at + separator->size();
  }
  parts->push_back(string.Slice(begin, string.size()));
  return absl::OkStatus();
}

std::vector<MarkedString> SplitLines(const MarkedString& string, bool keep_ends) {
  const std::string_view text = string.text();
  std::vector<MarkedString> lines;
  size_t begin = 0;
  for (size_t at = 0; at < text.size();) {
    const Utf8Char character = DecodeUtf8(text.substr(at));
    const size_t content_end = at;
    at += character.bytes;
    if (!IsLineBreak(character.code_point)) continue;
    if (character.code_point == '\r' && at < text.size() && text[at] == '\n') ++at;
    lines.push_back(string.Slice(begin, keep_ends ? at : content_end));
    begin = at;
  }
  if (begin < text.size()) lines.push_back(string.Slice(begin, text.size()));
  return lines;
}

Status ReplaceText(const MarkedString& string, const MarkedString& old, const MarkedString& replacement,
                   int64_t limit, MarkedString* out) {
  const std::string_view text = string.text();
  MarkedString result({}, string.Overall());
  size_t copied = 0;
  const auto put = [&](size_t at, size_t skip) {
    result.AppendSlice(string, copied, at);
    result.Append(replacement);
    copied = at + skip;
    return CheckTextBytes(result.size());
  };
  if (old.empty()) {
    size_t at = 0;
    for (size_t count = 0; !ReachedLimit(count, limit); ++count) {
      TALARIA_RETURN_IF_ERROR(put(at, 0));
      if (at >= text.size()) break;
      at += DecodeUtf8(text.substr(at)).bytes;
    }
  } else {
    for (const size_t at : Occurrences(text, old.text(), limit, false))
      TALARIA_RETURN_IF_ERROR(put(at, old.size()));
  }
  result.AppendSlice(string, copied, text.size());
  *out = std::move(result);
  return absl::OkStatus();
}

MarkedString PadText(const MarkedString& text, size_t before, size_t after, const MarkedString& fill) {
  MarkedString out;
  for (size_t i = 0; i < before; ++i) out.Append(fill);
  out.Append(text);
  for (size_t i = 0; i < after; ++i) out.Append(fill);
  return out;
}

}  // namespace talaria::chat::jinja
