#ifndef TALARIA_LIB_CHAT_JINJA_LEXER_H_
#define TALARIA_LIB_CHAT_JINJA_LEXER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/status.h"

namespace talaria::chat::jinja {

enum class TokenType : uint8_t {
  kText,            // the template's own text, white space control applied
  kStatementBegin,  // {%
  kStatementEnd,
  kPrintBegin,  // {{
  kPrintEnd,
  kName,
  kString,
  kInteger,
  kFloat,
  kOperator,
  kEnd,
};

struct Token {
  TokenType type = TokenType::kEnd;
  // The text, name, operator, or what a string literal stands for.
  std::string text;
  int64_t integer = 0;
  double number = 0;
  // Of the source, from 1.
  int line = 1;
};

// A template divided as Jinja's lexer does with trim_blocks and lstrip_blocks on: the first line end after a
// block or comment goes, and so does white space before one that begins its line; "-" strips all white space
// on its side, "+" keeps it. Line ends become "\n", and one at the very end goes. The last token is kEnd.
// *source* is valid UTF-8. INVALID_ARGUMENT naming the line.
StatusOr<std::vector<Token>> Tokenize(std::string_view source);

}  // namespace talaria::chat::jinja

#endif  // TALARIA_LIB_CHAT_JINJA_LEXER_H_
