#ifndef TALARIA_LIB_ENGINE_TEXT_STREAM_H_
#define TALARIA_LIB_ENGINE_TEXT_STREAM_H_

#include <cstdint>
#include <memory>
#include <string>

#include "lib/engine/stop_strings.h"
#include "lib/tokenizer/tokenizer.h"

namespace talaria {

// A generation's tokens as text for its host: whole characters, nothing of special tokens, and nothing that a
// stop string may take back. All that Push and Finish append is, joined, the text of the tokens up to the
// stop string. It sees the same bytes as the engine's own StopMatcher and finds the same end. One thread.
// Where memory is wanting and a call throws, nothing has changed.
class TextStream {
 public:
  // *stops* may be null.
  TextStream(std::shared_ptr<const Tokenizer> tokenizer, std::shared_ptr<const StopStrings> stops)
      : tokenizer_(std::move(tokenizer)), matcher_(std::move(stops)) {}

  // Appends what *token* lets out. Tokens after a stop string are ignored.
  void Push(int32_t token, std::string* text);
  // The end of the generation: appends all that is held back and was not taken by a stop string; U+FFFD for a
  // character that was begun and not completed.
  void Finish(std::string* text);

 private:
  // Makes room for *bytes* more, so that nothing after it takes memory.
  void Reserve(size_t bytes, std::string* text);
  void Release(size_t bytes, std::string* text);

  std::shared_ptr<const Tokenizer> tokenizer_;
  StopMatcher matcher_;
  bool stopped_ = false;
  std::string held_;     // bytes that may belong to a stop string
  std::string visible_;  // of each: 1, or 0 for those of special tokens
  std::string partial_;  // the beginning of a character
};

}  // namespace talaria

#endif  // TALARIA_LIB_ENGINE_TEXT_STREAM_H_
