#ifndef TALARIA_LIB_CHAT_TOOL_CALL_JSON_SCANNER_H_
#define TALARIA_LIB_CHAT_TOOL_CALL_JSON_SCANNER_H_

#include <cstddef>
#include <string_view>
#include <vector>

namespace talaria::chat {

// A part of a text, [begin, end).
struct TextRange {
  size_t begin = 0;
  size_t end = 0;
  bool empty() const { return begin == end; }
  std::string_view In(std::string_view text) const { return text.substr(begin, end - begin); }
};

// Walks through one JSON value as its text comes in, and notes where the members "name" and "arguments" of
// the outermost object stand. Knows the syntax of RFC 8259 and nothing of values: names that occur twice and
// halves of surrogate pairs pass. Nested deeper than 64: failed.
class JsonScanner {
 public:
  // Goes on through *text*: what was given before, and more. Stops for good after the value or at what
  // cannot belong to it, and for now, then returning true, after a member "name".
  bool Advance(std::string_view text);
  // There is no more: a number that could have gone on is complete.
  void Finish();

  bool complete() const { return expect_ == Expect::kNothing && token_ == Token::kNone; }
  bool failed() const { return failed_; }
  // The end of what was read: of the value where it is complete, before the first wrong character where it
  // failed.
  size_t position() const { return at_; }

  // The last member "name" whose value is a string that is complete, with its quotes; empty: none yet.
  TextRange name() const { return name_; }
  // The first and the last member "arguments" whose value is an object, as far as they were read; empty: none
  // yet.
  TextRange first_arguments() const { return first_arguments_; }
  TextRange last_arguments() const { return last_arguments_; }

 private:
  enum class Expect { kValue, kValueOrEnd, kKey, kKeyOrEnd, kColon, kCommaOrEnd, kNothing };
  enum class Token { kNone, kString, kEscape, kHex, kNumber, kWord };
  enum class Digits { kSign, kZero, kInteger, kPoint, kFraction, kE, kESign, kExponent };
  enum class Member { kOther, kName, kArguments };

  // Each takes one character, or returns false where it cannot stand there. *again: it belongs to what comes
  // next.
  bool Step(std::string_view text, char c, bool* again);
  bool Between(char c);
  bool BeginValue(char c);
  bool InString(std::string_view text, char c);
  bool InNumber(char c, bool* again);
  bool IsWholeNumber() const;
  bool Open(char bracket);
  bool Close(char bracket);
  void EndString(std::string_view text);
  void EndValue(size_t end);
  void GrowArguments(size_t end);

  size_t at_ = 0;
  bool failed_ = false;
  Expect expect_ = Expect::kValue;
  Token token_ = Token::kNone;
  Digits digits_ = Digits::kSign;
  std::string_view word_;  // what is left of true, false or null
  int hex_left_ = 0;
  bool is_key_ = false;
  size_t token_begin_ = 0;
  std::vector<char> open_;  // { and [

  Member member_ = Member::kOther;
  TextRange name_;
  bool named_ = false;  // a name has just come
  TextRange first_arguments_;
  TextRange last_arguments_;
  bool in_arguments_ = false;
};

}  // namespace talaria::chat

#endif  // TALARIA_LIB_CHAT_TOOL_CALL_JSON_SCANNER_H_
