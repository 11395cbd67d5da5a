#include "lib/tokenizer/stream_decoder.h"

#include "lib/base/utf8.h"

namespace talaria {

Status StreamDecoder::Push(int32_t id, std::string* text) {
  const std::string_view bytes = tokenizer_->BytesOf(id);
  if (bytes.empty())
    return InvalidArgument("id ", id, " has no token, expected one below ", tokenizer_->size());
  if (skip_special_ && tokenizer_->IsSpecial(id)) return absl::OkStatus();
  if (held_.empty() && tokenizer_->IsUtf8(id)) {
    text->append(bytes);
    return absl::OkStatus();
  }
  held_.append(bytes);
  std::string_view rest = held_;
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
  held_.erase(0, held_.size() - rest.size());
  return absl::OkStatus();
}

void StreamDecoder::Flush(std::string* text) {
  if (!held_.empty()) AppendUtf8(kReplacementCharacter, text);
  held_.clear();
}

}  // namespace talaria
