#ifndef TALARIA_LIB_CHAT_JINJA_PRINTF_FORMAT_H_
#define TALARIA_LIB_CHAT_JINJA_PRINTF_FORMAT_H_

#include "lib/chat/jinja/opaque.h"

namespace talaria::chat::jinja {

// format % values: %s %r %d %i %u %x %X %o %c %f %F %e %E %g %G %% and %(name)s of a mapping, with flags,
// width and precision as Python has them. *values* is a tuple of them all, a mapping, or the only one. The
// format's characters keep their marks, each value brings its own.
Status PrintfFormat(const Value& format, const Value& values, Value* out);

// format.format(...): {} {0} {name} {{ }}, with !r and !s. UNIMPLEMENTED for format specifications after a
// colon and for attributes and indices inside the braces.
Status BraceFormat(const Value& format, const Arguments& arguments, Value* out);

}  // namespace talaria::chat::jinja

#endif  // TALARIA_LIB_CHAT_JINJA_PRINTF_FORMAT_H_
