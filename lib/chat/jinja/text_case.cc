#include "lib/chat/jinja/text_case.h"

#include "lib/base/utf8.h"
#include "lib/chat/unicode_properties.h"

namespace talaria::chat::jinja {
namespace {

constexpr char32_t kCapitalSigma = 0x3A3;
constexpr char32_t kFinalSigma = 0x3C2;

// Goes through a text character by character and builds another.
class CaseMapper {
 public:
  explicit CaseMapper(const MarkedString& source) : source_(source), result_({}, source.Overall()) {}

  bool done() const { return at_ >= source_.size(); }
  char32_t current() const { return Here().code_point; }
  bool at_start() const { return at_ == 0; }

  void Upper() { Put(ToUpper(current())); }
  void Title() { Put(ToTitle(current())); }
  void Lower() {
    if (current() == kCapitalSigma && IsFinalSigma()) {
      Put({{kFinalSigma}, 1});
    } else {
      Put(ToLower(current()));
    }
  }
  void Keep() { Put({{current()}, 1}); }
  MarkedString Take() { return std::move(result_); }

 private:
  Utf8Char Here() const { return DecodeUtf8(std::string_view(source_.text()).substr(at_)); }

  void Put(const CaseMapping& mapping) {
    std::string form;
    for (size_t i = 0; i < mapping.count; ++i) AppendUtf8(mapping.characters[i], &form);
    result_.Append(form, source_.MarkAt(at_));
    at_ += Here().bytes;
  }

  // After a cased character and not before one, case-ignorable characters between them set aside. Over a text
  // this takes linear time: a sigma is cased, so no run of ignorable characters is looked at more than twice.
  bool IsFinalSigma() const {
    const std::string_view text = source_.text();
    size_t before = at_;
    char32_t character = 0;
    do {
      if (before == 0) return false;
      do {
        --before;
      } while ((static_cast<unsigned char>(text[before]) & 0xC0) == 0x80);
      character = DecodeUtf8(text.substr(before)).code_point;
    } while (IsCaseIgnorable(character));
    if (!IsCased(character)) return false;
    for (size_t after = at_ + Here().bytes; after < text.size();) {
      const Utf8Char next = DecodeUtf8(text.substr(after));
      if (!IsCaseIgnorable(next.code_point)) return !IsCased(next.code_point);
      after += next.bytes;
    }
    return true;
  }

  const MarkedString& source_;
  MarkedString result_;
  size_t at_ = 0;
};

}  // namespace

MarkedString Upper(const MarkedString& text) {
  CaseMapper mapper(text);
  while (!mapper.done()) mapper.Upper();
  return mapper.Take();
}

MarkedString Lower(const MarkedString& text) {
  CaseMapper mapper(text);
  while (!mapper.done()) mapper.Lower();
  return mapper.Take();
}

MarkedString SwapCase(const MarkedString& text) {
  CaseMapper mapper(text);
  while (!mapper.done()) {
    if (IsUpperCase(mapper.current())) {
      mapper.Lower();
    } else if (IsLowerCase(mapper.current())) {
      mapper.Upper();
    } else {
      mapper.Keep();
    }
  }
  return mapper.Take();
}

MarkedString Capitalize(const MarkedString& text) {
  CaseMapper mapper(text);
  if (!mapper.done()) mapper.Title();
  while (!mapper.done()) mapper.Lower();
  return mapper.Take();
}

MarkedString TitleWords(const MarkedString& text) {
  CaseMapper mapper(text);
  bool in_word = false;
  while (!mapper.done()) {
    const bool is_cased = IsCased(mapper.current());
    in_word ? mapper.Lower() : mapper.Title();
    in_word = is_cased;
  }
  return mapper.Take();
}

MarkedString TitleFilter(const MarkedString& text) {
  CaseMapper mapper(text);
  bool at_beginning = true;
  while (!mapper.done()) {
    const char32_t character = mapper.current();
    const bool separates = IsSpace(character) || character == '-' || character == '(' || character == '{' ||
                           character == '[' || character == '<';
    if (separates) {
      mapper.Keep();
    } else if (at_beginning) {
      mapper.Upper();
    } else {
      mapper.Lower();
    }
    at_beginning = separates;
  }
  return mapper.Take();
}

}  // namespace talaria::chat::jinja
