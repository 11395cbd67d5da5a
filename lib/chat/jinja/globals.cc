#include "lib/chat/jinja/globals.h"

#include <memory>

#include "lib/chat/jinja/argument.h"
#include "lib/chat/jinja/machine.h"
#include "lib/chat/jinja/native_function.h"
#include "lib/chat/jinja/subscript.h"
#include "lib/chat/jinja/value_text.h"

namespace talaria::chat::jinja {
namespace {

// As Jinja's sandbox.
constexpr uint64_t kMaxRange = 100000;

Status Range(NativeCall& call, Value* out) {
  for (size_t i = 0; i < 3; ++i) {
    const Value& value = call[i];
    if (!value.is_absent() && !value.is_integral()) return InvalidArgument("'range' of ", TypeName(value));
  }
  const bool has_stop = !call[1].is_absent();
  const int64_t start = has_stop ? call[0].integer() : 0;
  const int64_t stop = has_stop ? call[1].integer() : call[0].integer();
  const int64_t step = call[2].is_absent() ? 1 : call[2].integer();
  if (step == 0) return InvalidArgument("the step of 'range' is 0");
  const bool is_empty = step > 0 ? start >= stop : start <= stop;
  // Differences of 64-bit integers fit unsigned ones.
  const uint64_t distance = step > 0 ? static_cast<uint64_t>(stop) - static_cast<uint64_t>(start)
                                     : static_cast<uint64_t>(start) - static_cast<uint64_t>(stop);
  const uint64_t stride = step > 0 ? static_cast<uint64_t>(step) : 0 - static_cast<uint64_t>(step);
  const uint64_t count = is_empty ? 0 : (distance - 1) / stride + 1;
  if (count > kMaxRange) return ResourceExhausted("a range of ", count, " numbers; the limit is ", kMaxRange);
  TALARIA_RETURN_IF_ERROR(call.machine.SpendItems(count));
  const TextMark mark = Combine(Combine(call[0].mark(), call[1].mark()), call[2].mark());
  std::vector<Value> items;
  items.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    // Unsigned, for the product alone may exceed 64 bits where the sum does not.
    const uint64_t number = static_cast<uint64_t>(start) + i * static_cast<uint64_t>(step);
    items.push_back(Value::Integer(static_cast<int64_t>(number), mark));
  }
  return MakeSequence(SequenceType::kRange, std::move(items), mark, out);
}

// The entries that dict(...) and namespace(...) take: a mapping or pairs, then names.
Status ReadEntries(NativeCall& call, Dict* dict) {
  if (call.arguments.positional.size() > 1) return InvalidArgument("at most one argument without a name");
  if (!call.arguments.positional.empty()) {
    const Value& source = call.arguments.positional[0];
    if (source.is(Kind::kDict)) {
      TALARIA_RETURN_IF_ERROR(call.machine.SpendItems(source.dict().entries.size()));
      for (const Dict::Entry& entry : source.dict().entries) dict->Set(entry.key, entry.value);
    } else {
      if (source.is_undefined()) return InvalidArgument(source.undefined_message());
      std::vector<Value> pairs;
      TALARIA_RETURN_IF_ERROR(Iterate(call.machine, source, &pairs));
      for (const Value& pair : pairs) {
        std::vector<Value> parts;
        TALARIA_RETURN_IF_ERROR(Iterate(call.machine, pair, &parts));
        if (parts.size() != 2 || !IsHashable(parts[0]))
          return InvalidArgument("a mapping needs pairs of key and value");
        dict->Set(std::move(parts[0]), std::move(parts[1]));
      }
    }
  }
  TALARIA_RETURN_IF_ERROR(call.machine.SpendItems(call.arguments.named.size()));
  for (auto& [name, value] : call.arguments.named) dict->Set(Value::String(name), std::move(value));
  return absl::OkStatus();
}

Status MakeDictBody(NativeCall& call, Value* out) {
  auto dict = std::make_shared<Dict>();
  TALARIA_RETURN_IF_ERROR(ReadEntries(call, dict.get()));
  const TextMark mark =
      call.arguments.positional.empty() ? TextMark::kControl : call.arguments.positional[0].mark();
  return MakeDict(std::move(dict), mark, out);
}

Status MakeNamespace(NativeCall& call, Value* out) {
  Dict entries;
  TALARIA_RETURN_IF_ERROR(ReadEntries(call, &entries));
  TALARIA_RETURN_IF_ERROR(call.machine.SpendItems(4));
  Namespace* made = call.machine.NewNamespace();
  for (Dict::Entry& entry : entries.entries) {
    if (entry.key.is_string()) made->attributes[entry.key.text()] = std::move(entry.value);
  }
  *out = Value::Of(made);
  return absl::OkStatus();
}

Status RaiseException(NativeCall& call, Value* /*out*/) {
  MarkedString message;
  TALARIA_RETURN_IF_ERROR(TextOf(call[0], &message));
  return InvalidArgument("the template refuses: ", Quoted(message.text(), 500));
}

Status StrftimeNow(NativeCall& call, Value* out) {
  TALARIA_RETURN_IF_ERROR(WantString(call[0], "format"));
  if (!call.machine.now().has_value()) {
    return FailedPrecondition("the template asks for the date (strftime_now) and the host gave none");
  }
  TALARIA_RETURN_IF_ERROR(call.machine.SpendText(call[0].text().size() * 8));
  MarkedString text;
  TALARIA_RETURN_IF_ERROR(FormatTime(*call.machine.now(), call[0].string(), &text));
  *out = Value::String(std::move(text));
  return absl::OkStatus();
}

// cycler(...): one value after the other by next().
class Cycler : public Opaque, public std::enable_shared_from_this<Cycler> {
 public:
  explicit Cycler(Value items) : items_(std::move(items)) {}
  std::string Description() const override { return "a cycler"; }
  bool is_callable() const override { return false; }
  int depth() const override { return items_.depth() + 1; }
  Status Attribute(Machine& /*machine*/, std::string_view name, Value* out) const override {
    if (name == "current") {
      *out = items_.sequence().items[at_];
    } else if (name == "next" || name == "reset") {
      *out = Value::Of(std::make_shared<Step>(weak_from_this().lock(), name == "next"));
    }
    return absl::OkStatus();
  }

 private:
  class Step : public Opaque {
   public:
    Step(std::shared_ptr<const Cycler> cycler, bool forward)
        : cycler_(std::move(cycler)), forward_(forward) {}
    std::string Description() const override { return "a method of a cycler"; }
    int depth() const override { return cycler_->depth() + 1; }
    Status Call(Machine& /*machine*/, Arguments& /*arguments*/, Value* out) const override {
      const std::vector<Value>& items = cycler_->items_.sequence().items;
      if (forward_) {
        *out = items[cycler_->at_];
        cycler_->at_ = (cycler_->at_ + 1) % items.size();
      } else {
        *out = Value::None();
        cycler_->at_ = 0;
      }
      return absl::OkStatus();
    }

   private:
    const std::shared_ptr<const Cycler> cycler_;
    const bool forward_;
  };

  const Value items_;
  mutable size_t at_ = 0;
};

Status MakeCycler(NativeCall& call, Value* out) {
  if (call.arguments.positional.empty()) return InvalidArgument("'cycler' needs at least one value");
  Value items;
  TALARIA_RETURN_IF_ERROR(call.machine.SpendItems(call.arguments.positional.size()));
  TALARIA_RETURN_IF_ERROR(
      MakeSequence(SequenceType::kTuple, std::move(call.arguments.positional), TextMark::kControl, &items));
  *out = Value::Of(std::make_shared<Cycler>(std::move(items)));
  return absl::OkStatus();
}

// joiner(separator): nothing when first called, the separator from then on.
class Joiner : public Opaque {
 public:
  explicit Joiner(Value separator) : separator_(std::move(separator)) {}
  std::string Description() const override { return "a joiner"; }
  Status Call(Machine& /*machine*/, Arguments& /*arguments*/, Value* out) const override {
    *out = used_ ? separator_ : Value::String("");
    used_ = true;
    return absl::OkStatus();
  }

 private:
  const Value separator_;
  mutable bool used_ = false;
};

Status MakeJoiner(NativeCall& call, Value* out) {
  if (!call[0].is_absent()) TALARIA_RETURN_IF_ERROR(WantString(call[0], "sep"));
  *out = Value::Of(std::make_shared<Joiner>(call[0].is_absent() ? Value::String(", ") : call[0]));
  return absl::OkStatus();
}

constexpr NativeFunction kGlobals[] = {
    {"cycler", MakeCycler, 0, NativeFunction::kAnyArguments},
    {"dict", MakeDictBody, 0, NativeFunction::kAnyArguments},
    {"joiner", MakeJoiner, 0, 1, {"sep"}},
    {"namespace", MakeNamespace, 0, NativeFunction::kAnyArguments},
    {"raise_exception", RaiseException, 1, 1, {"message"}},
    {"range", Range, 1, 3},
    {"strftime_now", StrftimeNow, 1, 1, {"format"}},
};

}  // namespace

bool FindGlobal(std::string_view name, Value* out) {
  const NativeFunction* found = FindFunction(kGlobals, name);
  if (found != nullptr) *out = FunctionValue(*found, "function", Value());
  return found != nullptr;
}

}  // namespace talaria::chat::jinja
