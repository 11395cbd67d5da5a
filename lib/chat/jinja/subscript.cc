#include "lib/chat/jinja/subscript.h"

#include <algorithm>
#include <limits>

#include "lib/base/utf8.h"
#include "lib/chat/jinja/methods.h"

namespace talaria::chat::jinja {
namespace {

bool IsIndexable(const Value& value) {
  return value.is_sequence(SequenceType::kList) || value.is_sequence(SequenceType::kTuple) ||
         value.is_sequence(SequenceType::kRange);
}

// An index from the front for one that may count from the back; false where there is no such element.
bool FromFront(int64_t index, size_t size, size_t* at) {
  const auto count = static_cast<int64_t>(size);
  if (index < 0) index += count;
  if (index < 0 || index >= count) return false;
  *at = static_cast<size_t>(index);
  return true;
}

MarkedString CharacterAt(const MarkedString& string, size_t offset) {
  return string.Slice(offset, offset + DecodeUtf8(std::string_view(string.text()).substr(offset)).bytes);
}

// What is neither an element nor a key: the names that the kind of value itself has. *out stays absent where
// there is no such name.
Status FindOwnName(Machine& machine, const Value& object, std::string_view name, Value* out) {
  *out = Value();
  if (object.is(Kind::kNamespace)) {
    const auto& attributes = object.name_space().attributes;
    const auto found = attributes.find(std::string(name));
    if (found != attributes.end()) *out = found->second;
  } else if (object.is(Kind::kOpaque)) {
    return object.opaque().Attribute(machine, name, out);
  } else if (const NativeFunction* method = FindMethod(object, name)) {
    *out = FunctionValue(*method, "method", object);
  } else if (IsChangingMethod(object, name)) {
    *out = Value::Undefined(
        Cat("the method '", name, "' would change ", TypeName(object), "; templates may not"));
  }
  return absl::OkStatus();
}

Value NoAttribute(const Value& object, std::string_view name) {
  return Value::Undefined(Cat(TypeName(object), " has no attribute ", Quoted(name)));
}

// The bounds of a slice as CPython's PySlice_AdjustIndices gives them.
struct Bounds {
  int64_t start;
  int64_t stop;
  int64_t step;
};

Status SlicePart(const Value& part, int64_t fallback, int64_t* out) {
  if (part.is_absent() || part.is(Kind::kNone)) {
    *out = fallback;
  } else if (part.is_integral()) {
    *out = part.integer();
  } else {
    return InvalidArgument("a slice needs integers, found ", TypeName(part));
  }
  return absl::OkStatus();
}

Status SliceBounds(const Value& start, const Value& stop, const Value& step, size_t size, Bounds* out) {
  const auto count = static_cast<int64_t>(size);
  TALARIA_RETURN_IF_ERROR(SlicePart(step, 1, &out->step));
  if (out->step == 0) return InvalidArgument("the step of a slice is 0");
  out->step = std::max(out->step, -std::numeric_limits<int64_t>::max());
  const bool is_backward = out->step < 0;
  const int64_t low = is_backward ? -1 : 0;
  const int64_t high = is_backward ? count - 1 : count;
  // "From the end" and "to the front" have no number of their own when going backward.
  constexpr int64_t kFarBelow = std::numeric_limits<int64_t>::min();
  constexpr int64_t kFarAbove = std::numeric_limits<int64_t>::max();
  TALARIA_RETURN_IF_ERROR(SlicePart(start, is_backward ? kFarAbove : 0, &out->start));
  TALARIA_RETURN_IF_ERROR(SlicePart(stop, is_backward ? kFarBelow : kFarAbove, &out->stop));
  for (int64_t* bound : {&out->start, &out->stop}) {
    if (*bound < 0) *bound = *bound < -count ? kFarBelow : *bound + count;
    *bound = std::clamp(*bound, low, high);
  }
  return absl::OkStatus();
}

// The indices of a slice, in order.
std::vector<size_t> SliceIndices(const Bounds& bounds) {
  std::vector<size_t> indices;
  int64_t at = bounds.start;
  while (bounds.step > 0 ? at < bounds.stop : at > bounds.stop) {
    indices.push_back(static_cast<size_t>(at));
    if (__builtin_add_overflow(at, bounds.step, &at)) break;
  }
  return indices;
}

Status SliceString(const Value& object, const Bounds& bounds, Value* out) {
  const MarkedString& string = object.string();
  const std::string_view text = string.text();
  MarkedString result({}, string.Overall());
  if (bounds.step == 1) {
    const size_t begin = CharacterOffset(text, static_cast<size_t>(bounds.start));
    const size_t length = bounds.stop > bounds.start ? static_cast<size_t>(bounds.stop - bounds.start) : 0;
    result.AppendSlice(string, begin, begin + CharacterOffset(text.substr(begin), length));
  } else {
    std::vector<size_t> offsets;
    for (size_t at = 0; at < text.size(); at += DecodeUtf8(text.substr(at)).bytes) offsets.push_back(at);
    offsets.push_back(text.size());
    for (const size_t index : SliceIndices(bounds))
      result.AppendSlice(string, offsets[index], offsets[index + 1]);
  }
  *out = Value::String(std::move(result));
  if (object.is_escaped()) *out = out->Escaped();
  return absl::OkStatus();
}

}  // namespace

Status GetAttribute(Machine& machine, const Value& object, std::string_view name, Value* out) {
  if (object.is_undefined()) return InvalidArgument(object.undefined_message());
  // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): *out may be its only holder.
  const Value holder = object;
  TALARIA_RETURN_IF_ERROR(FindOwnName(machine, holder, name, out));
  if (!out->is_absent()) return absl::OkStatus();
  const Value* found = holder.is(Kind::kDict) ? holder.dict().Find(name) : nullptr;
  *out = found != nullptr ? *found : NoAttribute(holder, name);
  return absl::OkStatus();
}

Status GetItem(Machine& machine, const Value& object, const Value& key, Value* out) {
  if (object.is_undefined()) return InvalidArgument(object.undefined_message());
  // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): *out may be its only holder.
  const Value holder = object;
  size_t at = 0;
  if (holder.is(Kind::kDict)) {
    if (const Value* found = holder.dict().Find(key)) {
      *out = *found;
      return absl::OkStatus();
    }
  } else if (holder.is_string() && key.is_integral()) {
    TALARIA_RETURN_IF_ERROR(machine.SpendText(holder.text().size()));
    if (FromFront(key.integer(), CharacterCount(holder.text()), &at)) {
      *out = Value::String(CharacterAt(holder.string(), CharacterOffset(holder.text(), at)));
      if (holder.is_escaped()) *out = out->Escaped();
      return absl::OkStatus();
    }
  } else if (IsIndexable(holder) && key.is_integral()) {
    if (FromFront(key.integer(), holder.sequence().items.size(), &at)) {
      *out = holder.sequence().items[at];
      return absl::OkStatus();
    }
  }
  if (!key.is_string()) {
    *out = Value::Undefined(Cat(TypeName(holder), " has no such element"));
    return absl::OkStatus();
  }
  // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): *out may be the key's only holder.
  const std::string name = key.text();
  TALARIA_RETURN_IF_ERROR(FindOwnName(machine, holder, name, out));
  if (out->is_absent()) *out = NoAttribute(holder, name);
  return absl::OkStatus();
}

Status GetSlice(Machine& machine, const Value& object, const Value& start, const Value& stop,
                const Value& step, Value* out) {
  if (object.is_undefined()) return InvalidArgument(object.undefined_message());
  // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): *out may be its only holder.
  const Value holder = object;
  Bounds bounds{};
  if (holder.is_string()) {
    TALARIA_RETURN_IF_ERROR(machine.SpendText(holder.text().size() * 4));
    TALARIA_RETURN_IF_ERROR(SliceBounds(start, stop, step, CharacterCount(holder.text()), &bounds));
    return SliceString(holder, bounds, out);
  }
  if (!IsIndexable(holder)) return InvalidArgument(TypeName(holder), " has no slices");
  const std::vector<Value>& items = holder.sequence().items;
  TALARIA_RETURN_IF_ERROR(SliceBounds(start, stop, step, items.size(), &bounds));
  const std::vector<size_t> indices = SliceIndices(bounds);
  TALARIA_RETURN_IF_ERROR(machine.SpendItems(indices.size()));
  std::vector<Value> part;
  part.reserve(indices.size());
  for (const size_t index : indices) part.push_back(items[index]);
  return MakeSequence(holder.sequence().type, std::move(part), holder.mark(), out);
}

Status Iterate(Machine& machine, const Value& value, std::vector<Value>* items) {
  items->clear();
  switch (value.kind()) {
    case Kind::kUndefined:
      return absl::OkStatus();
    case Kind::kString: {
      const MarkedString& string = value.string();
      TALARIA_RETURN_IF_ERROR(machine.SpendItems(string.size()));
      for (size_t at = 0; at < string.size();) {
        MarkedString character = CharacterAt(string, at);
        at += character.size();
        items->push_back(Value::String(std::move(character)));
      }
      return absl::OkStatus();
    }
    case Kind::kDict:
      TALARIA_RETURN_IF_ERROR(machine.SpendItems(value.dict().entries.size()));
      for (const Dict::Entry& entry : value.dict().entries) items->push_back(entry.key);
      return absl::OkStatus();
    case Kind::kSequence: {
      const Sequence& sequence = value.sequence();
      size_t from = 0;
      if (sequence.type == SequenceType::kGenerator) {
        from = sequence.consumed;
        sequence.consumed = sequence.items.size();
      }
      TALARIA_RETURN_IF_ERROR(machine.SpendItems(sequence.items.size() - from));
      items->assign(sequence.items.begin() + static_cast<std::ptrdiff_t>(from), sequence.items.end());
      return absl::OkStatus();
    }
    default:
      return InvalidArgument(TypeName(value), " cannot be iterated over");
  }
}

Status Length(Machine& machine, const Value& value, int64_t* length) {
  switch (value.kind()) {
    case Kind::kUndefined:
      *length = 0;
      return absl::OkStatus();
    case Kind::kString:
      *length = static_cast<int64_t>(CharacterCount(value.text()));
      return machine.SpendText(value.text().size());
    case Kind::kDict:
      *length = static_cast<int64_t>(value.dict().entries.size());
      return absl::OkStatus();
    case Kind::kSequence:
      if (value.is_sequence(SequenceType::kGenerator)) break;
      *length = static_cast<int64_t>(value.sequence().items.size());
      return absl::OkStatus();
    default:
      break;
  }
  return InvalidArgument(TypeName(value), " has no length");
}

}  // namespace talaria::chat::jinja
