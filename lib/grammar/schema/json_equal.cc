#include "lib/grammar/schema/json_equal.h"

#include <algorithm>
#include <vector>

#include "lib/base/text.h"
#include "lib/grammar/schema/decimal.h"

namespace talaria::grammar {
namespace {

std::vector<const json::Member*> Sorted(const json::Object& members) {
  std::vector<const json::Member*> sorted;
  sorted.reserve(members.size());
  for (const json::Member& member : members) sorted.push_back(&member);
  std::sort(sorted.begin(), sorted.end(),
            [](const json::Member* a, const json::Member* b) { return a->key < b->key; });
  return sorted;
}

void AppendCounted(std::string_view text, std::string* out) { *out += Cat('"', text.size(), ':', text); }

void AppendKey(const json::Value& value, std::string* out) {
  if (const bool* boolean = value.bool_value()) {
    *out += *boolean ? 't' : 'f';
  } else if (const json::Number* number = value.number()) {
    *out += Cat('n', Decimal(number->text).Key(), ';');
  } else if (const std::string* text = value.string()) {
    AppendCounted(*text, out);
  } else if (const json::Array* items = value.array()) {
    *out += '[';
    for (const json::Value& item : *items) AppendKey(item, out);
    *out += ']';
  } else if (const json::Object* members = value.object()) {
    *out += '{';
    for (const json::Member* member : Sorted(*members)) {
      AppendCounted(member->key, out);
      AppendKey(member->value, out);
    }
    *out += '}';
  } else {
    *out += '0';
  }
}

}  // namespace

std::string EqualityKey(const json::Value& value) {
  std::string key;
  AppendKey(value, &key);
  return key;
}

bool JsonEqual(const json::Value& a, const json::Value& b) {
  if (a.type_name() != b.type_name()) return false;
  if (a.string() != nullptr) return *a.string() == *b.string();
  if (a.number() != nullptr && a.number()->text == b.number()->text) return true;
  if (a.array() != nullptr && a.array()->size() != b.array()->size()) return false;
  if (a.object() != nullptr && a.object()->size() != b.object()->size()) return false;
  return EqualityKey(a) == EqualityKey(b);
}

}  // namespace talaria::grammar
