#ifndef TALARIA_LIB_CHAT_JINJA_MARKED_STRING_H_
#define TALARIA_LIB_CHAT_JINJA_MARKED_STRING_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/marked_text.h"

namespace talaria::chat::jinja {

// The mark of what is derived from two sources (a sum, a comparison): the template's own text yields to
// anything else, and two different sources give kLiteral.
TextMark Combine(TextMark a, TextMark b);

// UTF-8 text in which every byte remembers where it came from. All string operations of templates are built
// from slices and appends of these, so a mark follows its character wherever the template moves it. Besides,
// the string as a whole remembers what it was made of, empty parts included: that is the mark of what is
// derived from it, such as its length or the quotes put around it.
class MarkedString {
 public:
  MarkedString() = default;
  MarkedString(std::string_view text, TextMark mark) : text_(text), uniform_(mark), overall_(mark) {}

  const std::string& text() const { return text_; }
  size_t size() const { return text_.size(); }
  bool empty() const { return text_.empty(); }

  // The mark of the byte at *offset*, which must be there.
  TextMark MarkAt(size_t offset) const { return runs_.empty() ? uniform_ : runs_[RunAt(offset)].mark; }
  // Everything it was made of, combined.
  TextMark Overall() const { return overall_; }

  void Append(std::string_view text, TextMark mark);
  void Append(const MarkedString& other) { AppendSlice(other, 0, other.size()); }
  // Lets *mark* count as one of the sources, though none of its bytes are here.
  void Blend(TextMark mark) { overall_ = Combine(overall_, mark); }
  // Appends the bytes [begin, end) of *other*, which may be this string itself.
  void AppendSlice(const MarkedString& other, size_t begin, size_t end);
  MarkedString Slice(size_t begin, size_t end) const;
  // The slice that *part*, a part of text(), stands for.
  MarkedString SliceOf(std::string_view part) const;

  void AppendTo(MarkedText* out) const;

 private:
  // A run of bytes that ends at *end* (exclusive) and begins where the one before ends.
  struct Run {
    size_t end;
    TextMark mark;
  };
  size_t RunAt(size_t offset) const;

  std::string text_;
  // Empty where all bytes have *uniform_*; otherwise the runs cover the text and neighbours differ.
  std::vector<Run> runs_;
  TextMark uniform_ = TextMark::kControl;
  TextMark overall_ = TextMark::kControl;
};

// Where the characters (code points) of *text* are, for Python's indices. *text* is valid UTF-8.
size_t CharacterCount(std::string_view text);
// The byte offset of character number *index*; text.size() where there are no more.
size_t CharacterOffset(std::string_view text, size_t index);

}  // namespace talaria::chat::jinja

#endif  // TALARIA_LIB_CHAT_JINJA_MARKED_STRING_H_
