#ifndef TALARIA_LIB_CHAT_HERMES_SIGNATURE_H_
#define TALARIA_LIB_CHAT_HERMES_SIGNATURE_H_

#include "lib/base/marked_text.h"
#include "lib/base/status.h"
#include "lib/chat/message.h"

namespace talaria::chat {

// Appends one tool as Hermes' tool_use template writes it between <tools> and </tools>: JSON whose
// description holds a Python-like signature, with raw line ends and every oddity of that template. What it
// would fail on or never finish is INVALID_ARGUMENT: a missing description or parameters, a parameter type
// that is none of string, number, integer, boolean, array, object (the template goes through an unknown word
// letter by letter, for ever).
Status AppendToolSignature(const ToolDefinition& tool, MarkedText* out);

}  // namespace talaria::chat

#endif  // TALARIA_LIB_CHAT_HERMES_SIGNATURE_H_
