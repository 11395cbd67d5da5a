#ifndef TALARIA_LIB_CHAT_TOOL_CALL_BODY_LEXER_H_
#define TALARIA_LIB_CHAT_TOOL_CALL_BODY_LEXER_H_

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "lib/chat/tool_call/call_error.h"

namespace talaria::chat {

// Finds where the text of one call ends: at the first tag that is in no string, </tool_call> or the
// <tool_call> of the next. Strings are those of JSON and of Python: in " or ', three of them, with prefixes,
// a backslash taking the next character's meaning; comments hold no strings.
//
// A string that turns out to be none makes the tags in it count after all, so that a bad call takes no other
// with it. That is one which
// - a line end cuts (no string of either language but a triple-quoted one holds a bare one),
// - what no string can be followed by follows (its quote then closed nothing: the string before was open), or
// - the output ends in; then only </tool_call> is looked for.
//
// Each byte is looked at a bounded number of times: what is read again after such a string has no quote of
// its kind left.
class BodyLexer {
 public:
  struct End {
    size_t at = 0;  // of the tag, or the length of the text
    BodyEnd end = BodyEnd::kOutput;
  };

  // Goes on through *body*, the text after <tool_call> as far as it is known: what was given before and more.
  std::optional<End> Advance(std::string_view body);
  // There is no more: where it ends.
  End Finish(std::string_view body);

  // Up to where it is known that no tag begins: what may be looked at as part of the call.
  size_t position() const { return at_; }
  // Strings were broken: it is neither JSON nor a Python literal as a whole.
  bool broken() const { return broken_; }

 private:
  enum class State {
    kOutside,
    kEscapeOutside,  // after a backslash that is in no string
    kComment,
    kOneQuote,   // the quote that begins a string was seen,
    kTwoQuotes,  // and again: an empty string or three of them
    kString,
    kEscape,         // after a backslash in a string,
    kEscapedReturn,  // and a carriage return: a line feed belongs to them
  };

  // Each takes the character at at_. The result is where the body ends, if that is known now.
  std::optional<End> Step(std::string_view body, char c);
  std::optional<End> Outside(std::string_view body, char c);
  std::optional<End> InString(std::string_view body, char c);
  void OpenString(char quote);
  void CloseString(size_t end);
  // The run of letters before at_, if there is one, is over and began no string.
  std::optional<End> WordEnd(std::string_view body);
  // What stands after a string cannot stand there.
  std::optional<End> BadFollower(std::string_view body);
  // The first tag in *body* from the beginning of the last string to *end*.
  std::optional<End> TagInString(std::string_view body, size_t end, bool only_close) const;
  bool IsStringPrefix() const;

  State state_ = State::kOutside;
  size_t at_ = 0;
  bool broken_ = false;
  char quote_ = 0;
  bool triple_ = false;
  int closing_ = 0;  // quotes in a row inside a triple-quoted string
  size_t string_begin_ = 0;
  size_t string_end_ = 0;
  bool after_string_ = false;  // only white space and comments since a string
  std::array<char, 2> word_ = {};
  size_t word_length_ = 0;          // of the run of letters that ends here
  bool word_after_string_ = false;  // which a string came before
};

}  // namespace talaria::chat

#endif  // TALARIA_LIB_CHAT_TOOL_CALL_BODY_LEXER_H_
