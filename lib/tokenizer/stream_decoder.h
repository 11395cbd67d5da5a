#ifndef TALARIA_LIB_TOKENIZER_STREAM_DECODER_H_
#define TALARIA_LIB_TOKENIZER_STREAM_DECODER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "lib/base/status.h"
#include "lib/tokenizer/tokenizer.h"

namespace talaria {

// Decodes ids one by one into text that never ends in half a character. All that Push and Flush append is,
// joined, what Tokenizer::Decode gives for the same ids. One thread at a time.
class StreamDecoder {
 public:
  explicit StreamDecoder(std::shared_ptr<const Tokenizer> tokenizer, bool skip_special = true)
      : tokenizer_(std::move(tokenizer)), skip_special_(skip_special) {}

  // Appends the characters that *id* completes; up to 3 bytes that may be the start of one are held back.
  // What cannot become a character is U+FFFD at once. INVALID_ARGUMENT for an id without a token: nothing has
  // changed then.
  Status Push(int32_t id, std::string* text);
  // The end of the ids: appends U+FFFD for a character that was begun and not completed.
  void Flush(std::string* text);
  // How many bytes are held back.
  size_t held() const { return held_.size(); }

 private:
  std::shared_ptr<const Tokenizer> tokenizer_;
  bool skip_special_;
  std::string held_;
};

}  // namespace talaria

#endif  // TALARIA_LIB_TOKENIZER_STREAM_DECODER_H_
