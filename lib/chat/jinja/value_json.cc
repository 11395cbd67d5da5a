// AppendJson: json.dumps over values that remember their marks.
#include <algorithm>
#include <cmath>

#include "lib/base/utf8.h"
#include "lib/chat/jinja/comparison.h"
#include "lib/chat/jinja/value_text.h"

namespace talaria::chat::jinja {
namespace {

void AppendJsonString(const MarkedString& string, bool ascii, MarkedString* out) {
  const std::string_view text = string.text();
  out->Append("\"", string.Overall());
  size_t copied = 0;
  for (size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const bool is_plain = byte >= 0x20 && byte != '"' && byte != '\\' && (byte < 0x80 || !ascii);
    if (is_plain) {
      ++at;
      continue;
    }
    const size_t bytes = byte < 0x80 ? 1 : DecodeUtf8(text.substr(at)).bytes;
    std::string form;
    json::AppendString(text.substr(at, bytes), ascii, &form);
    out->AppendSlice(string, copied, at);
    out->Append(std::string_view(form).substr(1, form.size() - 2), string.MarkAt(at));
    at += bytes;
    copied = at;
  }
  out->AppendSlice(string, copied, text.size());
  out->Append("\"", string.Overall());
}

class Writer {
 public:
  Writer(const JsonForm& form, MarkedString* out) : form_(form), out_(out) {}

  Status Append(const Value& value) {
    TALARIA_RETURN_IF_ERROR(CheckTextBytes(out_->size()));
    switch (value.kind()) {
      case Kind::kNone:
        out_->Append("null", value.mark());
        return absl::OkStatus();
      case Kind::kBoolean:
        out_->Append(value.boolean() ? "true" : "false", value.mark());
        return absl::OkStatus();
      case Kind::kFloat:
        AppendFloat(value);
        return absl::OkStatus();
      case Kind::kString:
        AppendJsonString(value.string(), form_.ascii, out_);
        return absl::OkStatus();
      case Kind::kSequence:
        return AppendSequence(value);
      case Kind::kDict:
        return AppendDict(value);
      case Kind::kInteger:
      case Kind::kBigInteger:
        return AppendRepr(value, out_);
      default:
        return InvalidArgument(TypeName(value), " has no JSON form");
    }
  }

 private:
  void AppendFloat(const Value& value) {
    const double number = value.number();
    const char* special = number < 0 ? "-Infinity" : "Infinity";
    out_->Append(std::isfinite(number) ? json::PythonRepr(number)
                 : std::isnan(number)  ? "NaN"
                                       : special,
                 value.mark());
  }

  void NewLine(const Value& value) {
    if (!form_.indented) return;
    out_->Append("\n", value.mark());
    for (int i = 0; i < level_; ++i) Surround(form_.indent, value);
  }

  // A separator's or an indentation's characters, but as part of *value*: what surrounds a user's data is the
  // user's.
  void Surround(const MarkedString& text, const Value& value) {
    if (value.mark() == TextMark::kControl) {
      out_->Append(text);
    } else {
      out_->Append(text.text(), value.mark());
    }
  }

  Status AppendSequence(const Value& value) {
    const Sequence& sequence = value.sequence();
    if (sequence.type != SequenceType::kList && sequence.type != SequenceType::kTuple) {
      return InvalidArgument(TypeName(value), " has no JSON form; make it a |list first");
    }
    out_->Append("[", value.mark());
    ++level_;
    for (size_t i = 0; i < sequence.items.size(); ++i) {
      if (i > 0) Surround(form_.item_separator, value);
      NewLine(value);
      TALARIA_RETURN_IF_ERROR(Append(sequence.items[i]));
    }
    --level_;
    if (!sequence.items.empty()) NewLine(value);
    out_->Append("]", value.mark());
    return absl::OkStatus();
  }

  Status AppendKey(const Value& key) {
    if (key.is_string()) {
      AppendJsonString(key.string(), form_.ascii, out_);
      return absl::OkStatus();
    }
    out_->Append("\"", key.mark());
    TALARIA_RETURN_IF_ERROR(Append(key));
    out_->Append("\"", key.mark());
    return absl::OkStatus();
  }

  Status AppendDict(const Value& value) {
    std::vector<const Dict::Entry*> entries;
    for (const Dict::Entry& entry : value.dict().entries) entries.push_back(&entry);
    if (form_.sort_keys) {
      Status failure;
      std::stable_sort(entries.begin(), entries.end(),
                       [&failure](const Dict::Entry* a, const Dict::Entry* b) {
                         bool less = false;
                         if (const Status status = IsLess(a->key, b->key, &less); !status.ok())
                           failure = status;
                         return less;
                       });
      TALARIA_RETURN_IF_ERROR(failure);
    }
    out_->Append("{", value.mark());
    ++level_;
    for (size_t i = 0; i < entries.size(); ++i) {
      if (i > 0) Surround(form_.item_separator, value);
      NewLine(value);
      TALARIA_RETURN_IF_ERROR(AppendKey(entries[i]->key));
      Surround(form_.key_separator, value);
      TALARIA_RETURN_IF_ERROR(Append(entries[i]->value));
    }
    --level_;
    if (!entries.empty()) NewLine(value);
    out_->Append("}", value.mark());
    return absl::OkStatus();
  }

  const JsonForm& form_;
  MarkedString* const out_;
  int level_ = 0;
};

}  // namespace

Status AppendJson(const Value& value, const JsonForm& form, MarkedString* out) {
  return Writer(form, out).Append(value);
}

}  // namespace talaria::chat::jinja
