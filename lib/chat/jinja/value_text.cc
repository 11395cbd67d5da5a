#include "lib/chat/jinja/value_text.h"

#include "lib/chat/jinja/opaque.h"
#include "lib/chat/python_text.h"

namespace talaria::chat::jinja {
namespace {

void AppendReprString(const MarkedString& string, MarkedString* out) {
  const std::string_view text = string.text();
  const char quote = ReprQuote(text);
  const std::string_view quote_text(&quote, 1);
  out->Append(quote_text, string.Overall());
  size_t copied = 0;
  for (size_t at = 0; at < text.size();) {
    std::string form;
    const size_t bytes = AppendReprCharacter(text.substr(at), quote, &form);
    if (form.size() != bytes || form != text.substr(at, bytes)) {
      out->AppendSlice(string, copied, at);
      out->Append(form, string.MarkAt(at));
      copied = at + bytes;
    }
    at += bytes;
  }
  out->AppendSlice(string, copied, text.size());
  out->Append(quote_text, string.Overall());
}

// What surrounds the items of each type of sequence; views of a mapping name themselves.
struct Brackets {
  std::string_view open;
  std::string_view close;
};
constexpr Brackets kBrackets[] = {
    {"[", "]"}, {"(", ")"}, {}, {"dict_keys([", "])"}, {"dict_values([", "])"}, {"dict_items([", "])"}, {}};

Status AppendSequence(const Value& value, MarkedString* out) {
  const Sequence& sequence = value.sequence();
  const Brackets brackets = kBrackets[static_cast<size_t>(sequence.type)];
  if (brackets.open.empty())
    return InvalidArgument(TypeName(value), " cannot be printed; make it a |list first");
  out->Append(brackets.open, value.mark());
  for (size_t i = 0; i < sequence.items.size(); ++i) {
    if (i > 0) out->Append(", ", value.mark());
    TALARIA_RETURN_IF_ERROR(CheckTextBytes(out->size()));
    TALARIA_RETURN_IF_ERROR(AppendRepr(sequence.items[i], out));
  }
  if (sequence.type == SequenceType::kTuple && sequence.items.size() == 1) out->Append(",", value.mark());
  out->Append(brackets.close, value.mark());
  return absl::OkStatus();
}

Status AppendDict(const Value& value, MarkedString* out) {
  out->Append("{", value.mark());
  bool first = true;
  for (const Dict::Entry& entry : value.dict().entries) {
    if (!first) out->Append(", ", value.mark());
    first = false;
    TALARIA_RETURN_IF_ERROR(AppendRepr(entry.key, out));
    out->Append(": ", value.mark());
    TALARIA_RETURN_IF_ERROR(CheckTextBytes(out->size()));
    TALARIA_RETURN_IF_ERROR(AppendRepr(entry.value, out));
  }
  out->Append("}", value.mark());
  return absl::OkStatus();
}

}  // namespace

Status AppendRepr(const Value& value, MarkedString* out) {
  switch (value.kind()) {
    case Kind::kUndefined:
      out->Append("Undefined", value.mark());
      return absl::OkStatus();
    case Kind::kNone:
      out->Append("None", value.mark());
      return absl::OkStatus();
    case Kind::kBoolean:
      out->Append(value.boolean() ? "True" : "False", value.mark());
      return absl::OkStatus();
    case Kind::kInteger:
      out->Append(Cat(value.integer()), value.mark());
      return absl::OkStatus();
    case Kind::kBigInteger:
      out->Append(value.text(), value.mark());
      return absl::OkStatus();
    case Kind::kFloat:
      out->Append(json::PythonRepr(value.number()), value.mark());
      return absl::OkStatus();
    case Kind::kString:
      AppendReprString(value.string(), out);
      return absl::OkStatus();
    case Kind::kSequence:
      return AppendSequence(value, out);
    case Kind::kDict:
      return AppendDict(value, out);
    case Kind::kOpaque:
      return InvalidArgument(value.opaque().Description(), " cannot be printed");
    default:
      return InvalidArgument(TypeName(value), " cannot be printed");
  }
}

Status AppendText(const Value& value, MarkedString* out) {
  if (value.is_string()) {
    out->Append(value.string());
    return absl::OkStatus();
  }
  if (value.is_undefined()) return absl::OkStatus();
  return AppendRepr(value, out);
}

Status TextOf(const Value& value, MarkedString* out) {
  if (value.is_string()) {
    *out = value.string();
    return absl::OkStatus();
  }
  *out = MarkedString({}, value.mark());
  return AppendText(value, out);
}

Status FromJson(const json::Value& json, TextMark mark, Value* out) {
  if (const bool* boolean = json.bool_value()) {
    *out = Value::Boolean(*boolean, mark);
  } else if (const json::Number* number = json.number()) {
    if (!number->is_integer()) {
      TALARIA_ASSIGN_OR_RETURN(const double real, json.AsDouble());
      *out = Value::Float(real, mark);
    } else if (const StatusOr<int64_t> integer = json.AsInt64(); integer.ok()) {
      *out = Value::Integer(*integer, mark);
    } else {
      *out = Value::BigInteger(number->text, mark);
    }
  } else if (const std::string* text = json.string()) {
    *out = Value::String(*text, mark);
  } else if (const json::Array* items = json.array()) {
    std::vector<Value> values(items->size());
    for (size_t i = 0; i < items->size(); ++i)
      TALARIA_RETURN_IF_ERROR(FromJson((*items)[i], mark, &values[i]));
    return MakeSequence(SequenceType::kList, std::move(values), mark, out);
  } else if (const json::Object* members = json.object()) {
    auto dict = std::make_shared<Dict>();
    for (const json::Member& member : *members) {
      Value value;
      TALARIA_RETURN_IF_ERROR(FromJson(member.value, mark, &value));
      dict->Set(Value::String(member.key, mark), std::move(value));
    }
    return MakeDict(std::move(dict), mark, out);
  } else {
    *out = Value::None(mark);
  }
  return absl::OkStatus();
}

}  // namespace talaria::chat::jinja
