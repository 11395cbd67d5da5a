#include "lib/chat/jinja/attribute_path.h"

#include <charconv>

#include "lib/chat/jinja/argument.h"
#include "lib/chat/jinja/subscript.h"
#include "lib/chat/jinja/text_case.h"
#include "lib/chat/jinja/text_parts.h"

namespace talaria::chat::jinja {
namespace {

Status Divide(const Value& text, std::string_view separator, std::vector<MarkedString>* parts) {
  const MarkedString at(separator, TextMark::kControl);
  return SplitText(text.string(), &at, -1, false, parts);
}

}  // namespace

StatusOr<AttributePath> AttributePath::Parse(const Value& attribute) {
  AttributePath path;
  if (attribute.is_absent() || attribute.is(Kind::kNone)) return path;
  if (attribute.is_integral()) {
    path.parts_.push_back(attribute);
    return path;
  }
  TALARIA_RETURN_IF_ERROR(WantString(attribute, "attribute"));
  std::vector<MarkedString> parts;
  TALARIA_RETURN_IF_ERROR(Divide(attribute, ".", &parts));
  for (MarkedString& part : parts) {
    const std::string& text = part.text();
    int64_t index = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), index);
    const bool is_index = !text.empty() && text[0] != '-' && parsed.ec == std::errc() &&
                          parsed.ptr == text.data() + text.size();
    path.parts_.push_back(is_index ? Value::Integer(index, part.Overall()) : Value::String(std::move(part)));
  }
  return path;
}

Status AttributePath::Get(Machine& machine, const Value& item, const Value& fallback, Value* out) const {
  Value at = item;
  TALARIA_RETURN_IF_ERROR(machine.Spend(1 + parts_.size()));
  for (const Value& part : parts_) {
    Value found;
    TALARIA_RETURN_IF_ERROR(GetItem(machine, at, part, &found));
    if (found.is_undefined() && !fallback.is_absent() && !fallback.is(Kind::kNone)) found = fallback;
    at = std::move(found);
  }
  *out = std::move(at);
  return absl::OkStatus();
}

StatusOr<std::vector<AttributePath>> ParseAttributePaths(const Value& attribute) {
  std::vector<AttributePath> paths;
  if (!attribute.is_string()) {
    TALARIA_ASSIGN_OR_RETURN(AttributePath path, AttributePath::Parse(attribute));
    paths.push_back(std::move(path));
    return paths;
  }
  std::vector<MarkedString> parts;
  TALARIA_RETURN_IF_ERROR(Divide(attribute, ",", &parts));
  for (MarkedString& part : parts) {
    TALARIA_ASSIGN_OR_RETURN(AttributePath path, AttributePath::Parse(Value::String(std::move(part))));
    paths.push_back(std::move(path));
  }
  return paths;
}

Status SortKey(Machine& machine, const AttributePath& path, bool case_sensitive, const Value& item,
               Value* out) {
  TALARIA_RETURN_IF_ERROR(path.Get(machine, item, Value(), out));
  if (!case_sensitive && out->is_string()) {
    TALARIA_RETURN_IF_ERROR(machine.SpendText(out->text().size() * 4));
    *out = Value::String(Lower(out->string()));
  }
  return absl::OkStatus();
}

}  // namespace talaria::chat::jinja
