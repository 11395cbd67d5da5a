#include "lib/engine/text_stream.h"

#include "lib/base/utf8.h"

namespace talaria {

void TextStream::Push(int32_t token, std::string* text) {
  if (stopped_) return;
  const char visible = tokenizer_->IsSpecial(token) ? 0 : 1;
  for (const char byte : tokenizer_->BytesOf(token)) {
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
  Release(held_.size(), text);
  if (!partial_.empty()) AppendUtf8(kReplacementCharacter, text);
  partial_.clear();
}

void TextStream::Release(size_t bytes, std::string* text) {
  for (size_t i = 0; i < bytes; ++i) {
    if (visible_[i] != 0) partial_.push_back(held_[i]);
  }
  held_.erase(0, bytes);
  visible_.erase(0, bytes);
  const size_t whole = partial_.size() - IncompleteUtf8Tail(partial_);
  text->append(SanitizeUtf8(std::string_view(partial_).substr(0, whole)));
  partial_.erase(0, whole);
}

}  // namespace talaria
