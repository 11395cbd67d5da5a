#ifndef TALARIA_LIB_GRAMMAR_SCHEMA_JSON_POINTER_H_
#define TALARIA_LIB_GRAMMAR_SCHEMA_JSON_POINTER_H_

#include <string>
#include <string_view>

namespace talaria::grammar {

// Appends "/" and *token* escaped as RFC 6901 has it.
void AppendPointerToken(std::string_view token, std::string* pointer);
// *token* of a pointer without its escapes.
std::string UnescapedPointerToken(std::string_view token);

// The place below *pointer*, for messages: what gets long is cut off with an ellipsis.
std::string PlaceBelow(std::string_view pointer, std::string_view token);

}  // namespace talaria::grammar

#endif  // TALARIA_LIB_GRAMMAR_SCHEMA_JSON_POINTER_H_
