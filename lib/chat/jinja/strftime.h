#ifndef TALARIA_LIB_CHAT_JINJA_STRFTIME_H_
#define TALARIA_LIB_CHAT_JINJA_STRFTIME_H_

#include "lib/base/status.h"
#include "lib/chat/jinja/marked_string.h"

namespace talaria::chat::jinja {

// A moment in the host's own time zone, for templates that print the date. Given by the host: the library
// asks no clock, so that a rendering can be repeated.
struct LocalTime {
  int year = 1970;
  int month = 1;  // 1 to 12
  int day = 1;    // 1 to 31
  int hour = 0;
  int minute = 0;
  int second = 0;
};

// *time* as *format* says (C's strftime in the C locale): %a %A %b %B %d %e %H %I %j %m %M %p %S %y %Y %F %T
// %D %R %%, and %-d and its like without padding. UNIMPLEMENTED for others, by name; INVALID_ARGUMENT for a
// time that is none. What stands for a directive has the directive's mark.
Status FormatTime(const LocalTime& time, const MarkedString& format, MarkedString* out);

}  // namespace talaria::chat::jinja

#endif  // TALARIA_LIB_CHAT_JINJA_STRFTIME_H_
