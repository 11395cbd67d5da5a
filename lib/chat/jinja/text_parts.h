#ifndef TALARIA_LIB_CHAT_JINJA_TEXT_PARTS_H_
#define TALARIA_LIB_CHAT_JINJA_TEXT_PARTS_H_

#include <cstdint>
#include <vector>

#include "lib/base/status.h"
#include "lib/chat/jinja/marked_string.h"

// Cutting and putting together as Python's str does it; every character keeps its mark. All in linear time.
namespace talaria::chat::jinja {

enum class Side : uint8_t { kBoth, kStart, kEnd };

// Without white space at the ends, or without the characters of *characters* where that is given.
MarkedString StripText(const MarkedString& text, Side side, const MarkedString* characters);

// At white space where *separator* is null; at most *limit* times unless that is negative. From the end where
// *from_end*: that differs only where the limit is reached. INVALID_ARGUMENT for an empty separator.
Status SplitText(const MarkedString& text, const MarkedString* separator, int64_t limit, bool from_end,
                 std::vector<MarkedString>* parts);

std::vector<MarkedString> SplitLines(const MarkedString& text, bool keep_ends);

// The first *limit* occurrences replaced, all where it is negative; an empty *old* is found before each
// character and at the end. RESOURCE_EXHAUSTED where the result would be too long.
Status ReplaceText(const MarkedString& text, const MarkedString& old, const MarkedString& replacement,
                   int64_t limit, MarkedString* out);

// text padded with *fill* (one character) to *width* characters.
MarkedString PadText(const MarkedString& text, size_t before, size_t after, const MarkedString& fill);

}  // namespace talaria::chat::jinja

#endif  // TALARIA_LIB_CHAT_JINJA_TEXT_PARTS_H_
