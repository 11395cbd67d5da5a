#include "lib/chat/jinja/filters.h"

namespace talaria::chat::jinja {

const NativeFunction* FindFilter(std::string_view name) {
  for (const auto table : {TextFilters(), FormFilters(), NumberFilters(), SequenceFilters(), ItemFilters()}) {
    if (const NativeFunction* found = FindFunction(table, name)) return found;
  }
  return nullptr;
}

}  // namespace talaria::chat::jinja
