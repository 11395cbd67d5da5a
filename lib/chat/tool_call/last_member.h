#ifndef TALARIA_LIB_CHAT_TOOL_CALL_LAST_MEMBER_H_
#define TALARIA_LIB_CHAT_TOOL_CALL_LAST_MEMBER_H_

#include "lib/base/json.h"

namespace talaria::chat {

// Of members with one name keeps the last value, in the place of the first: what Python's dict does. Whether
// there were any.
bool KeepLastMembers(json::Object* members);

}  // namespace talaria::chat

#endif  // TALARIA_LIB_CHAT_TOOL_CALL_LAST_MEMBER_H_
