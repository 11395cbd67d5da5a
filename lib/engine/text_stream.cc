#include "lib/engine/text_stream.h"

#include "lib/base/utf8.h"

namespace talaria {

void TextStream::Push(int32_t token, std::string* text) {
  if (stopped_) return;
  const char visible = tokenizer_->IsSpecial(token) ? 0 : 1;
  const std::string_view bytes = tokenizer_->BytesOf(token);
  Reserve(bytes.size(), text);
  for (const char byte : bytes) {
    held_.push_back(byte);
    visible_.push_back(visible);
    const size_t taken = matcher_.Feed(byte);
    if (taken == 0) continue;
    // A string is never longer than what is held: its first bytes were pending all the time.
    stopped_ = true;
    Release(held_.size() - taken, text);
    held_.clear();
    return;
  }
  Release(held_.size() - matcher_.pending(), text);
}

void TextStream::Finish(std::string* text) {
  Reserve(1, text);
  Release(held_.size(), text);
  if (!partial_.empty()) AppendUtf8(kReplacementCharacter, text);
  partial_.clear();
}

void TextStream::Reserve(size_t bytes, std::string* text) {
  const size_t most = partial_.size() + held_.size() + bytes;
  held_.reserve(most);
  visible_.reserve(most);
  partial_.reserve(most);
  // A byte that is none of UTF-8 becomes the three of U+FFFD.
  text->reserve(text->size() + 3 * most);
}

void TextStream::Release(size_t bytes, std::string* text) {
  for (size_t i = 0; i < bytes; ++i) {
    if (visible_[i] != 0) partial_.push_back(held_[i]);
  }
  held_.erase(0, bytes);
  visible_.erase(0, bytes);
  std::string_view rest = partial_;
  while (!rest.empty()) {
    const Utf8Char c = DecodeUtf8(rest);
    if (c.incomplete) break;
    if (c.valid) {
      text->append(rest.substr(0, c.bytes));
    } else {
      AppendUtf8(kReplacementCharacter, text);
    }
    rest.remove_prefix(c.bytes);
  }
  partial_.erase(0, partial_.size() - rest.size());
}

}  // namespace talaria
