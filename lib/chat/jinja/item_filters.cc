// Filters that choose among items, map them, or fall back to another value.
#include "lib/chat/jinja/argument.h"
#include "lib/chat/jinja/attribute_path.h"
#include "lib/chat/jinja/comparison.h"
#include "lib/chat/jinja/filters.h"
#include "lib/chat/jinja/subscript.h"
#include "lib/chat/jinja/tests.h"

namespace talaria::chat::jinja {
namespace {

Status Default(NativeCall& call, Value* out) {
  const bool is_strict = call[1].is_absent() || !IsTrue(call[1]);
  if (!call.self.is_undefined() && (is_strict || IsTrue(call.self))) {
    *out = Value(call.self);
  } else {
    *out = call[0].is_absent() ? Value::String("") : call[0];
  }
  return absl::OkStatus();
}

// The items to choose from or map. Jinja asks first whether there is anything, so 0 and none have no items.
Status ItemsOf(NativeCall& call, std::vector<Value>* items) {
  return IsTrue(call.self) ? Iterate(call.machine, call.self, items) : absl::OkStatus();
}

// Takes the first positional argument off, which names a filter or a test.
Status TakeName(Arguments* arguments, std::string_view what, std::string* name) {
  TALARIA_RETURN_IF_ERROR(WantString(arguments->positional[0], what));
  *name = arguments->positional[0].text();
  arguments->positional.erase(arguments->positional.begin());
  return absl::OkStatus();
}

// map(attribute=..., default=...): each item's attribute.
Status MapAttribute(NativeCall& call, const std::vector<Value>& items, std::vector<Value>* mapped) {
  Value attribute;
  Value fallback;
  for (auto& [name, value] : call.arguments.named) {
    if (name.text() == "attribute") {
      attribute = value;
    } else if (name.text() == "default") {
      fallback = value;
    } else {
      return InvalidArgument("'map' takes no argument '", name.text(), "' beside 'attribute'");
    }
  }
  if (attribute.is_absent()) return InvalidArgument("'map' needs a filter or an attribute");
  TALARIA_ASSIGN_OR_RETURN(const AttributePath path, AttributePath::Parse(attribute));
  for (const Value& item : items) {
    mapped->emplace_back();
    TALARIA_RETURN_IF_ERROR(path.Get(call.machine, item, fallback, &mapped->back()));
  }
  return absl::OkStatus();
}

Status Map(NativeCall& call, Value* out) {
  std::vector<Value> items;
  TALARIA_RETURN_IF_ERROR(ItemsOf(call, &items));
  std::vector<Value> mapped;
  mapped.reserve(items.size());
  if (items.empty()) {
    // As in Jinja the arguments are not looked at then.
  } else if (call.arguments.positional.empty()) {
    TALARIA_RETURN_IF_ERROR(MapAttribute(call, items, &mapped));
  } else {
    std::string name;
    TALARIA_RETURN_IF_ERROR(TakeName(&call.arguments, "the filter to map with", &name));
    const NativeFunction* filter = FindFilter(name);
    if (filter == nullptr) return Unimplemented("the filter ", Quoted(name), " in 'map'");
    for (const Value& item : items) {
      Arguments arguments = call.arguments;
      mapped.emplace_back();
      TALARIA_RETURN_IF_ERROR(call.machine.Spend(4));
      TALARIA_RETURN_IF_ERROR(CallFunction(*filter, "filter", call.machine, item, arguments, &mapped.back()));
    }
  }
  return MakeSequence(SequenceType::kGenerator, std::move(mapped), call.self.mark(), out);
}

// select, reject (by the item) and selectattr, rejectattr (by its attribute): what passes, or fails, the
// test.
template <bool by_attribute, bool wanted>
Status Select(NativeCall& call, Value* out) {
  std::vector<Value> items;
  TALARIA_RETURN_IF_ERROR(ItemsOf(call, &items));
  std::vector<Value> kept;
  if (items.empty()) return MakeSequence(SequenceType::kGenerator, {}, call.self.mark(), out);
  Value attribute;
  if (by_attribute) {
    if (call.arguments.positional.empty()) return InvalidArgument("the attribute to select by is missing");
    attribute = call.arguments.positional[0];
    call.arguments.positional.erase(call.arguments.positional.begin());
  }
  TALARIA_ASSIGN_OR_RETURN(const AttributePath path, AttributePath::Parse(attribute));
  const NativeFunction* test = nullptr;
  if (!call.arguments.positional.empty()) {
    std::string name;
    TALARIA_RETURN_IF_ERROR(TakeName(&call.arguments, "the test to select by", &name));
    test = FindTest(name);
    if (test == nullptr) return Unimplemented("the test ", Quoted(name), " in a selection");
  }
  for (Value& item : items) {
    Value subject;
    TALARIA_RETURN_IF_ERROR(path.Get(call.machine, item, Value(), &subject));
    bool passes = IsTrue(subject);
    if (test != nullptr) {
      Arguments arguments = call.arguments;
      Value answer;
      TALARIA_RETURN_IF_ERROR(call.machine.Spend(4));
      TALARIA_RETURN_IF_ERROR(CallFunction(*test, "test", call.machine, subject, arguments, &answer));
      passes = IsTrue(answer);
    }
    if (passes == wanted) kept.push_back(std::move(item));
  }
  return MakeSequence(SequenceType::kGenerator, std::move(kept), call.self.mark(), out);
}

constexpr NativeFunction kFilters[] = {
    {"d", Default, 0, 2, {"default_value", "boolean"}},
    {"default", Default, 0, 2, {"default_value", "boolean"}},
    {"map", Map, 0, NativeFunction::kAnyArguments},
    {"reject", Select<false, false>, 0, NativeFunction::kAnyArguments},
    {"rejectattr", Select<true, false>, 0, NativeFunction::kAnyArguments},
    {"select", Select<false, true>, 0, NativeFunction::kAnyArguments},
    {"selectattr", Select<true, true>, 0, NativeFunction::kAnyArguments},
};

}  // namespace

absl::Span<const NativeFunction> ItemFilters() { return kFilters; }

}  // namespace talaria::chat::jinja
