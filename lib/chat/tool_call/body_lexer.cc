#include "lib/chat/tool_call/body_lexer.h"

#include <algorithm>

namespace talaria::chat {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

// Letters, digits, and all that is not ASCII.
bool IsWord(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool IsPrefixOf(std::string_view text, std::string_view whole) {
  return whole.substr(0, text.size()) == text;
}

}  // namespace

std::string_view CallErrorName(CallError error) {
  constexpr std::array<std::string_view, 11> kNames = {
      "none",       "unterminated", "empty",    "invalid_json",      "trailing_data",
      "not_object", "missing_name", "bad_name", "missing_arguments", "arguments_not_object",
      "too_large"};
  const auto index = static_cast<size_t>(error);
  return index < kNames.size() ? kNames[index] : "unknown";
}

std::optional<BodyLexer::End> BodyLexer::Advance(std::string_view body) {
  while (at_ < body.size()) {
    const char c = body[at_];
    if (c == '<' && (state_ == State::kOutside || state_ == State::kComment || state_ == State::kTwoQuotes)) {
      const std::string_view rest = body.substr(at_);
      const bool is_close = IsPrefixOf(kCallClose, rest);
      if (is_close || IsPrefixOf(kCallOpen, rest)) {
        return WordEnd(body).value_or(End{at_, is_close ? BodyEnd::kCloseTag : BodyEnd::kOpenTag});
      }
      if (IsPrefixOf(rest, kCallClose) || IsPrefixOf(rest, kCallOpen)) return std::nullopt;
    }
    if (std::optional<End> end = Step(body, c)) return end;
    ++at_;
  }
  return std::nullopt;
}

BodyLexer::End BodyLexer::Finish(std::string_view body) {
  // What may have been the beginning of a tag is none.
  while (at_ < body.size()) {
    if (std::optional<End> end = Step(body, body[at_])) return *end;
    ++at_;
    if (std::optional<End> end = Advance(body)) return *end;
  }
  const bool is_open = state_ == State::kOneQuote || state_ == State::kString || state_ == State::kEscape ||
                       state_ == State::kEscapedReturn;
  if (is_open) {
    broken_ = true;
    if (std::optional<End> end = TagInString(body, body.size(), true)) return *end;
  }
  return WordEnd(body).value_or(End{body.size(), BodyEnd::kOutput});
}

std::optional<BodyLexer::End> BodyLexer::WordEnd(std::string_view body) {
  const bool is_bad = word_length_ > 0 && word_after_string_;
  word_length_ = 0;
  return is_bad ? BadFollower(body) : std::nullopt;
}

std::optional<BodyLexer::End> BodyLexer::Step(std::string_view body, char c) {
  switch (state_) {
    case State::kOutside:
      return Outside(body, c);
    case State::kEscapeOutside:
      state_ = State::kOutside;
      if (c == '\n' || c == '\r' || !after_string_) return std::nullopt;
      return BadFollower(body);
    case State::kComment:
      if (c == '\n') state_ = State::kOutside;
      return std::nullopt;
    case State::kOneQuote:
      if (c == quote_) {
        state_ = State::kTwoQuotes;
        return std::nullopt;
      }
      state_ = State::kString;
      return InString(body, c);
    case State::kTwoQuotes:
      if (c == quote_) {
        triple_ = true;
        state_ = State::kString;
        return std::nullopt;
      }
      CloseString(at_);
      return Outside(body, c);
    case State::kString:
      return InString(body, c);
    case State::kEscape:
      state_ = c == '\r' ? State::kEscapedReturn : State::kString;
      return std::nullopt;
    case State::kEscapedReturn:
      state_ = State::kString;
      return c == '\n' ? std::nullopt : InString(body, c);
  }
  return std::nullopt;
}

std::optional<BodyLexer::End> BodyLexer::Outside(std::string_view body, char c) {
  if (IsWord(c)) {
    if (word_length_ == 0) word_after_string_ = after_string_;
    if (word_length_ < word_.size()) word_[word_length_] = c;
    ++word_length_;
    after_string_ = false;
    return std::nullopt;
  }
  const bool is_quote = c == '"' || c == '\'';
  if (word_length_ > 0 && is_quote && IsStringPrefix()) {
    word_length_ = 0;
  } else if (word_length_ > 0) {
    if (std::optional<End> end = WordEnd(body)) return end;
    // "don't": a quote inside words is none.
    if (is_quote) {
      broken_ = true;
      return std::nullopt;
    }
  }
  if (is_quote) {
    OpenString(c);
    return std::nullopt;
  }
  if (IsSpace(c)) return std::nullopt;
  if (c == '#') {
    state_ = State::kComment;
    return std::nullopt;
  }
  if (c == '\\') {
    state_ = State::kEscapeOutside;
    return std::nullopt;
  }
  const bool can_follow = c == ',' || c == ':' || c == '}' || c == ']' || c == ')';
  if (after_string_ && !can_follow) return BadFollower(body);
  after_string_ = false;
  return std::nullopt;
}

std::optional<BodyLexer::End> BodyLexer::InString(std::string_view body, char c) {
  if (c == '\\') {
    state_ = State::kEscape;
    closing_ = 0;
    return std::nullopt;
  }
  if (c == quote_) {
    if (++closing_ == (triple_ ? 3 : 1)) CloseString(at_ + 1);
    return std::nullopt;
  }
  closing_ = 0;
  if ((c == '\n' || c == '\r') && !triple_) {
    state_ = State::kOutside;
    broken_ = true;
    return TagInString(body, at_, false);
  }
  return std::nullopt;
}

void BodyLexer::OpenString(char quote) {
  state_ = State::kOneQuote;
  quote_ = quote;
  triple_ = false;
  closing_ = 0;
  string_begin_ = at_;
  after_string_ = false;
}

void BodyLexer::CloseString(size_t end) {
  state_ = State::kOutside;
  string_end_ = end;
  after_string_ = true;
}

std::optional<BodyLexer::End> BodyLexer::BadFollower(std::string_view body) {
  broken_ = true;
  after_string_ = false;
  return TagInString(body, string_end_, false);
}

std::optional<BodyLexer::End> BodyLexer::TagInString(std::string_view body, size_t end,
                                                     bool only_close) const {
  const std::string_view text = body.substr(0, end);
  const size_t close = text.find(kCallClose, string_begin_);
  const size_t open = only_close ? std::string_view::npos : text.find(kCallOpen, string_begin_);
  if (close == std::string_view::npos && open == std::string_view::npos) return std::nullopt;
  return close < open ? End{close, BodyEnd::kCloseTag} : End{open, BodyEnd::kOpenTag};
}

// r, u, b, f and their pairs: what may stand right before a quote.
bool BodyLexer::IsStringPrefix() const {
  constexpr std::string_view kLetters = "rRuUbBfF";
  return word_length_ <= word_.size() &&
         std::all_of(word_.begin(), word_.begin() + word_length_,
                     [&](char c) { return kLetters.find(c) != std::string_view::npos; });
}

}  // namespace talaria::chat
