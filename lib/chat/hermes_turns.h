#ifndef TALARIA_LIB_CHAT_HERMES_TURNS_H_
#define TALARIA_LIB_CHAT_HERMES_TURNS_H_

#include <cstddef>

#include "lib/base/marked_text.h"
#include "lib/base/status.h"
#include "lib/chat/message.h"

namespace talaria::chat {

// A prompt under way.
struct TurnWriter {
  static constexpr size_t kNowhere = static_cast<size_t>(-1);

  MarkedText text;
  // Where the content of the last message that was written ends; kNowhere where the template leaves it out.
  size_t content_end = kNowhere;

  void Control(std::string_view piece) { text.Append(piece, TextMark::kControl); }
  // The content of *message*, which must have one (INVALID_ARGUMENT).
  Status Content(const Message& message);
  // "<|im_start|>role\n content <|im_end|>\n"
  Status Turn(const Message& message);
};

// The messages as each template has them.
Status AppendDefaultTurns(const Conversation& conversation, TurnWriter* out);
Status AppendToolUseTurns(const Conversation& conversation, TurnWriter* out);
// As the model card shows them: calls with their arguments first, results with the function's name.
Status AppendCardTurns(const Conversation& conversation, TurnWriter* out);

}  // namespace talaria::chat

#endif  // TALARIA_LIB_CHAT_HERMES_TURNS_H_
