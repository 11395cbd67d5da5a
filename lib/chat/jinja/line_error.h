#ifndef TALARIA_LIB_CHAT_JINJA_LINE_ERROR_H_
#define TALARIA_LIB_CHAT_JINJA_LINE_ERROR_H_

#include "lib/base/status.h"

namespace talaria::chat::jinja {

// *status* with "line N: " before its message, unless it names a line already: the innermost is the one that
// failed.
inline Status AtLine(const Status& status, int line) {
  if (status.ok() || talaria::Message(status).substr(0, 5) == "line ") return status;
  return Annotate(status, Cat("line ", line));
}

}  // namespace talaria::chat::jinja

#endif  // TALARIA_LIB_CHAT_JINJA_LINE_ERROR_H_
