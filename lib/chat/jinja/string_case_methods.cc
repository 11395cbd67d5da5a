// Methods of strings that change or ask about case and kind of characters.
#include "lib/base/utf8.h"
#include "lib/chat/jinja/machine.h"
#include "lib/chat/jinja/methods.h"
#include "lib/chat/jinja/text_case.h"
#include "lib/chat/unicode_properties.h"

namespace talaria::chat::jinja {
namespace {

template <MarkedString (*Change)(const MarkedString&)>
Status Changed(NativeCall& call, Value* out) {
  TALARIA_RETURN_IF_ERROR(call.machine.SpendText(call.self.text().size() * 4));
  const bool is_escaped = call.self.is_escaped();
  *out = Value::String(Change(call.self.string()));
  if (is_escaped) *out = out->Escaped();
  return absl::OkStatus();
}

// Whether there are characters and *has* holds for all of them.
template <bool (*Has)(char32_t)>
Status All(NativeCall& call, Value* out) {
  std::string_view text = call.self.text();
  const TextMark mark = call.self.mark();
  TALARIA_RETURN_IF_ERROR(call.machine.SpendText(text.size() * 4));
  bool all = !text.empty();
  while (all && !text.empty()) {
    const Utf8Char character = DecodeUtf8(text);
    all = Has(character.code_point);
    text.remove_prefix(character.bytes);
  }
  *out = Value::Boolean(all, mark);
  return absl::OkStatus();
}

// Whether there is a cased character and each is of that case.
template <bool (*IsCase)(char32_t)>
Status AllCased(NativeCall& call, Value* out) {
  std::string_view text = call.self.text();
  const TextMark mark = call.self.mark();
  TALARIA_RETURN_IF_ERROR(call.machine.SpendText(text.size() * 4));
  bool any = false;
  bool all = true;
  while (all && !text.empty()) {
    const Utf8Char character = DecodeUtf8(text);
    const bool is_case = IsCase(character.code_point);
    all = is_case || !IsCased(character.code_point);
    any = any || is_case;
    text.remove_prefix(character.bytes);
  }
  *out = Value::Boolean(any && all, mark);
  return absl::OkStatus();
}

constexpr NativeFunction kMethods[] = {
    {"capitalize", Changed<Capitalize>}, {"isalnum", All<IsAlphanumeric>},   {"isalpha", All<IsAlphabetic>},
    {"isdigit", All<IsDigit>},           {"islower", AllCased<IsLowerCase>}, {"isspace", All<IsSpace>},
    {"isupper", AllCased<IsUpperCase>},  {"lower", Changed<Lower>},          {"swapcase", Changed<SwapCase>},
    {"title", Changed<TitleWords>},      {"upper", Changed<Upper>},
};

}  // namespace

absl::Span<const NativeFunction> StringCaseMethods() { return kMethods; }

}  // namespace talaria::chat::jinja
