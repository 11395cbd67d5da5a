#ifndef TALARIA_LIB_BASE_MARKED_TEXT_H_
#define TALARIA_LIB_BASE_MARKED_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace talaria {

// Where a byte of a rendered prompt comes from, which decides what added tokens ("<|im_start|>",
// "<tool_call>") it may be part of. Chat templates produce the marks, the tokenizer obeys them; a user's
// words can so never become control tokens.
enum class TextMark : uint8_t {
  kControl,    // the template's own text: every added token may match
  kLiteral,    // user, system and tool content: no added token matches
  kAssistant,  // assistant content: added tokens with special = false match (a history holds real
               // <tool_call>s)
};

// A run of bytes [begin, end) of one mark.
struct MarkedSpan {
  size_t begin = 0;
  size_t end = 0;
  TextMark mark = TextMark::kControl;
};

// Text with a mark on each byte: spans ascend, do not overlap, touch, and cover the text; neighbours differ
// in mark. An added token matches only where all its bytes are kControl, or all are kAssistant and its
// special flag is false.
struct MarkedText {
  std::string text;
  std::vector<MarkedSpan> spans;

  // Appends *piece* under *mark*, joining it to the last span where the marks agree.
  void Append(std::string_view piece, TextMark mark) {
    if (piece.empty()) return;
    const size_t begin = text.size();
    text.append(piece);
    if (!spans.empty() && spans.back().mark == mark) {
      spans.back().end = text.size();
    } else {
      spans.push_back({begin, text.size(), mark});
    }
  }
};

}  // namespace talaria

#endif  // TALARIA_LIB_BASE_MARKED_TEXT_H_
