// Methods of mappings, lists and tuples, and which method belongs to which kind of value.
#include <algorithm>
#include <array>

#include "lib/chat/jinja/comparison.h"
#include "lib/chat/jinja/machine.h"
#include "lib/chat/jinja/methods.h"
#include "lib/chat/jinja/subscript.h"

namespace talaria::chat::jinja {
namespace {

Status Get(NativeCall& call, Value* out) {
  if (!IsHashable(call[0]) && !call[0].is_undefined()) {
    return InvalidArgument(TypeName(call[0]), " cannot be a key of a mapping");
  }
  const Value* found = call.self.dict().Find(call[0]);
  if (found != nullptr) {
    // The result may be what keeps the mapping alive no longer.
    const Value copy = *found;
    *out = copy;
  } else {
    *out = call[1].is_absent() ? Value::None() : call[1];
  }
  return absl::OkStatus();
}

template <SequenceType type>
Status View(NativeCall& call, Value* out) {
  return DictView(call.machine, call.self, type, out);
}

Status Copy(NativeCall& call, Value* out) {
  const Value self = call.self;
  *out = self;
  return absl::OkStatus();
}

Status CountItem(NativeCall& call, Value* out) {
  TALARIA_RETURN_IF_ERROR(call.machine.Spend(call.self.weight()));
  const std::vector<Value>& items = call.self.sequence().items;
  const auto count = std::count_if(items.begin(), items.end(),
                                   [&call](const Value& item) { return AreEqual(item, call[0]); });
  *out = Value::Integer(count, Combine(call.self.mark(), call[0].mark()));
  return absl::OkStatus();
}

Status IndexOfItem(NativeCall& call, Value* out) {
  TALARIA_RETURN_IF_ERROR(call.machine.Spend(call.self.weight()));
  const std::vector<Value>& items = call.self.sequence().items;
  for (size_t i = 0; i < items.size(); ++i) {
    if (!AreEqual(items[i], call[0])) continue;
    *out = Value::Integer(static_cast<int64_t>(i), Combine(call.self.mark(), call[0].mark()));
    return absl::OkStatus();
  }
  return InvalidArgument("the list does not contain what index() is asked for");
}

constexpr NativeFunction kDictMethods[] = {
    {"copy", Copy},
    {"get", Get, 1, 2},
    {"items", View<SequenceType::kDictItems>},
    {"keys", View<SequenceType::kDictKeys>},
    {"values", View<SequenceType::kDictValues>},
};

constexpr NativeFunction kSequenceMethods[] = {
    {"count", CountItem, 1, 1},
    {"index", IndexOfItem, 1, 1},
    {"copy", Copy},
};

constexpr std::array<std::string_view, 5> kDictChanging = {"clear", "pop", "popitem", "setdefault", "update"};
constexpr std::array<std::string_view, 8> kListChanging = {"append", "clear", "pop",    "reverse",
                                                           "insert", "sort",  "extend", "remove"};

bool IsList(const Value& value) { return value.is_sequence(SequenceType::kList); }

}  // namespace

absl::Span<const NativeFunction> DictMethods() { return kDictMethods; }
absl::Span<const NativeFunction> SequenceMethods() { return kSequenceMethods; }

Status DictView(Machine& machine, const Value& dict, SequenceType type, Value* out) {
  // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): *out may be its only holder.
  const Value holder = dict;
  const std::vector<Dict::Entry>& entries = holder.dict().entries;
  TALARIA_RETURN_IF_ERROR(machine.SpendItems(entries.size()));
  const bool is_keys = type == SequenceType::kDictKeys;
  const bool is_values = type == SequenceType::kDictValues;
  std::vector<Value> items;
  items.reserve(entries.size());
  for (const Dict::Entry& entry : entries) {
    if (is_keys || is_values) {
      items.push_back(is_keys ? entry.key : entry.value);
      continue;
    }
    Value pair;
    TALARIA_RETURN_IF_ERROR(
        MakeSequence(SequenceType::kTuple, {entry.key, entry.value}, holder.mark(), &pair));
    items.push_back(std::move(pair));
  }
  return MakeSequence(type, std::move(items), holder.mark(), out);
}

const NativeFunction* FindMethod(const Value& object, std::string_view name) {
  if (object.is_string()) {
    const NativeFunction* found = FindFunction(StringMethods(), name);
    return found != nullptr ? found : FindFunction(StringCaseMethods(), name);
  }
  if (object.is(Kind::kDict)) return FindFunction(DictMethods(), name);
  const bool is_tuple = object.is_sequence(SequenceType::kTuple) || object.is_sequence(SequenceType::kRange);
  if (!IsList(object) && !is_tuple) return nullptr;
  return is_tuple && name == "copy" ? nullptr : FindFunction(SequenceMethods(), name);
}

bool IsChangingMethod(const Value& object, std::string_view name) {
  if (object.is(Kind::kDict))
    return std::find(kDictChanging.begin(), kDictChanging.end(), name) != kDictChanging.end();
  return IsList(object) && std::find(kListChanging.begin(), kListChanging.end(), name) != kListChanging.end();
}

}  // namespace talaria::chat::jinja
