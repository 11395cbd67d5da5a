#include "lib/chat/jinja/marked_string.h"

#include <algorithm>

namespace talaria::chat::jinja {

TextMark Combine(TextMark a, TextMark b) {
  if (a == b || b == TextMark::kControl) return a;
  return a == TextMark::kControl ? b : TextMark::kLiteral;
}

size_t MarkedString::RunAt(size_t offset) const {
  const auto found = std::upper_bound(runs_.begin(), runs_.end(), offset,
                                      [](size_t at, const Run& run) { return at < run.end; });
  return static_cast<size_t>(found - runs_.begin());
}

void MarkedString::Append(std::string_view text, TextMark mark) {
  overall_ = Combine(overall_, mark);
  if (text.empty()) return;
  if (text_.empty()) {
    uniform_ = mark;
  } else if (runs_.empty() && mark != uniform_) {
    runs_.push_back({text_.size(), uniform_});
  }
  text_.append(text);
  if (runs_.empty()) return;
  if (runs_.back().mark == mark) {
    runs_.back().end = text_.size();
  } else {
    runs_.push_back({text_.size(), mark});
  }
}

void MarkedString::AppendSlice(const MarkedString& other, size_t begin, size_t end) {
  if (&other == this) {
    // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): appending changes *other itself.
    const MarkedString copy = other;
    AppendSlice(copy, begin, end);
    return;
  }
  overall_ = Combine(overall_, other.overall_);
  if (begin >= end) return;
  if (other.runs_.empty()) {
    Append(std::string_view(other.text_).substr(begin, end - begin), other.uniform_);
    return;
  }
  for (size_t run = other.RunAt(begin); begin < end; ++run) {
    const size_t stop = std::min(end, other.runs_[run].end);
    Append(std::string_view(other.text_).substr(begin, stop - begin), other.runs_[run].mark);
    begin = stop;
  }
}

MarkedString MarkedString::Slice(size_t begin, size_t end) const {
  MarkedString out;
  out.AppendSlice(*this, begin, end);
  return out;
}

MarkedString MarkedString::SliceOf(std::string_view part) const {
  const size_t begin = part.empty() ? 0 : static_cast<size_t>(part.data() - text_.data());
  return Slice(begin, begin + part.size());
}

void MarkedString::AppendTo(MarkedText* out) const {
  if (runs_.empty()) {
    out->Append(text_, uniform_);
    return;
  }
  size_t begin = 0;
  for (const Run& run : runs_) {
    out->Append(std::string_view(text_).substr(begin, run.end - begin), run.mark);
    begin = run.end;
  }
}

size_t CharacterCount(std::string_view text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(), [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }));
}

size_t CharacterOffset(std::string_view text, size_t index) {
  for (size_t offset = 0; offset < text.size(); ++offset) {
    if ((static_cast<unsigned char>(text[offset]) & 0xC0) == 0x80) continue;
    if (index-- == 0) return offset;
  }
  return text.size();
}

}  // namespace talaria::chat::jinja
