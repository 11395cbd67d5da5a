#include "lib/tokenizer/llama3_splitter.h"

#include <array>
#include <cstdint>

#include "lib/tokenizer/unicode_tables.h"
#include "lib/tokenizer/word.h"

namespace talaria {
namespace {

struct AsciiClasses {
  std::array<CharClass, 128> of{};
  constexpr AsciiClasses() {
    for (size_t c = 0; c < of.size(); ++c) {
      const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      const bool space = c == ' ' || (c >= '\t' && c <= '\r');
      of[c] = letter                   ? CharClass::kLetter
              : c >= '0' && c <= '9'   ? CharClass::kNumber
              : c == '\n' || c == '\r' ? CharClass::kNewline
              : space                  ? CharClass::kSpace
                                       : CharClass::kOther;
    }
  }
};
constexpr AsciiClasses kAscii;

struct Char {
  CharClass kind;
  uint32_t bytes;
};

unsigned char Byte(const char* text) { return static_cast<unsigned char>(*text); }

// The character at *text*, known to be whole.
Char MultiByteAt(const char* text) {
  const uint32_t lead = Byte(text);
  const uint32_t second = Byte(text + 1) & 0x3F;
  if (lead < 0xE0) return {ClassOf((lead & 0x1F) << 6 | second), 2};
  const uint32_t third = Byte(text + 2) & 0x3F;
  if (lead < 0xF0) return {ClassOf((lead & 0x0F) << 12 | second << 6 | third), 3};
  return {ClassOf((lead & 0x07) << 18 | second << 12 | third << 6 | (Byte(text + 3) & 0x3F)), 4};
}

Char At(const char* text) {
  const unsigned char byte = Byte(text);
  return byte < 0x80 ? Char{kAscii.of[byte], 1} : MultiByteAt(text);
}

// The high bit of each byte of *word* that is no ASCII letter. Seven bits a byte cannot carry into the next.
uint64_t NotAsciiLetters(uint64_t word) {
  constexpr uint64_t kOnes = 0x0101010101010101u;
  const uint64_t lower = (word | 0x20 * kOnes) & 0x7F * kOnes;
  const uint64_t at_least_a = lower + (0x80 - 'a') * kOnes;
  const uint64_t past_z = lower + (0x80 - 'z' - 1) * kOnes;
  return ~(at_least_a & ~past_z & ~word) & 0x80 * kOnes;
}

// Past the letters at *text*.
const char* SkipLetters(const char* text, const char* end) {
  while (text < end) {
    if (end - text >= 8) {
      const uint64_t stops = NotAsciiLetters(LoadWord(text));
      if (stops == 0) {
        text += 8;
        continue;
      }
      text += FirstMarkedByte(stops);
    }
    Char c = At(text);
    if (c.kind != CharClass::kLetter) return text;
    // One letter beyond ASCII is seldom alone.
    do {
      text += c.bytes;
      if (text == end) return text;
      c = At(text);
    } while (c.kind == CharClass::kLetter && c.bytes > 1);
    if (c.kind != CharClass::kLetter) return text;
  }
  return text;
}

// Past what `[^\s\p{L}\p{N}]+[\r\n]*` matches from *text* on, one character of it being before *text*
// already.
const char* SkipOther(const char* text, const char* end) {
  for (; text < end;) {
    const Char c = At(text);
    if (c.kind == CharClass::kNewline) break;
    if (c.kind != CharClass::kOther) return text;
    text += c.bytes;
  }
  while (text < end && (*text == '\n' || *text == '\r')) ++text;
  return text;
}

// Past up to two more numbers.
const char* SkipNumbers(const char* text, const char* end) {
  for (int more = 0; more < 2 && text < end; ++more) {
    const Char c = At(text);
    if (c.kind != CharClass::kNumber) break;
    text += c.bytes;
  }
  return text;
}

// White space at *text* that no earlier alternative takes: up to its last newline where it has one; else all
// of it at the end of the text; else all but its last character, which goes with what follows, unless it is
// the only one. *read_to is the end of the white space.
const char* SpacesEnd(const char* text, const char* end, const char** read_to) {
  const char* after_newline = nullptr;
  const char* last = text;
  const char* next = text;
  while (next < end) {
    const Char c = At(next);
    if (c.kind < CharClass::kSpace) break;
    last = next;
    next += c.bytes;
    if (c.kind == CharClass::kNewline) after_newline = next;
  }
  *read_to = next;
  if (after_newline != nullptr) return after_newline;
  return next == end || last == text ? next : last;
}

// The end of `(?i:'s|'t|'re|'ve|'m|'ll|'d)` at an apostrophe, or nullptr. The long s folds to s; nothing else
// beyond ASCII folds to these letters.
const char* ContractionEnd(const char* text, const char* end) {
  const auto left = end - text;
  if (left < 2) return nullptr;
  const auto lower = [](char c) { return static_cast<char>(c | 0x20); };
  const char first = lower(text[1]);
  if (Byte(text + 1) >= 0x80) {
    return left >= 3 && Byte(text + 1) == 0xC5 && Byte(text + 2) == 0xBF ? text + 3 : nullptr;
  }
  if (first == 's' || first == 't' || first == 'm' || first == 'd') return text + 2;
  if (left < 3) return nullptr;
  const char second = lower(text[2]);
  const bool two = (second == 'e' && (first == 'r' || first == 'v')) || (first == 'l' && second == 'l');
  return two ? text + 3 : nullptr;
}

// The end of the first piece; *read_to is set where white space beyond it was looked at.
const char* PieceEnd(const char* text, const char* end, const char** read_to) {
  const Char first = At(text);
  const char* const next = text + first.bytes;
  if (first.kind == CharClass::kLetter) return SkipLetters(next, end);
  if (first.kind == CharClass::kNumber) return SkipNumbers(next, end);
  if (first.kind == CharClass::kNewline) return SpacesEnd(text, end, read_to);
  // A space or another character, which a word may begin with.
  if (*text == '\'') {
    if (const char* contraction = ContractionEnd(text, end)) return contraction;
  }
  if (next < end) {
    const Char second = At(next);
    if (second.kind == CharClass::kLetter) return SkipLetters(next + second.bytes, end);
    if (*text == ' ' && second.kind == CharClass::kOther) return SkipOther(next + second.bytes, end);
  }
  return first.kind == CharClass::kOther ? SkipOther(next, end) : SpacesEnd(text, end, read_to);
}

}  // namespace

const char* Llama3PieceEnd(const char* text, const char* end) {
  const char* ignored = nullptr;
  return PieceEnd(text, end, &ignored);
}

const char* Llama3PieceEnd(const char* text, const char* end, uint64_t* bytes_read) {
  const char* read_to = nullptr;
  const char* const piece_end = PieceEnd(text, end, &read_to);
  // A character beyond the piece was looked at, if there is one.
  const char* const looked_to = piece_end < end ? piece_end + At(piece_end).bytes : end;
  *bytes_read +=
      static_cast<uint64_t>((read_to != nullptr && read_to > looked_to ? read_to : looked_to) - text);
  return piece_end;
}

}  // namespace talaria
