#ifndef TALARIA_LIB_CHAT_JINJA_FILTERS_H_
#define TALARIA_LIB_CHAT_JINJA_FILTERS_H_

#include <string_view>

#include "absl/types/span.h"
#include "lib/chat/jinja/native_function.h"

// The filters there are (value|name(arguments)). To add one, add a row to the table of its kind.
namespace talaria::chat::jinja {

// nullptr where there is none of that name.
const NativeFunction* FindFilter(std::string_view name);

// The tables, by what they are about: text, numbers, sequences as a whole, and choosing or mapping items.
absl::Span<const NativeFunction> TextFilters();
absl::Span<const NativeFunction> FormFilters();
absl::Span<const NativeFunction> NumberFilters();
absl::Span<const NativeFunction> SequenceFilters();
absl::Span<const NativeFunction> ItemFilters();

}  // namespace talaria::chat::jinja

#endif  // TALARIA_LIB_CHAT_JINJA_FILTERS_H_
