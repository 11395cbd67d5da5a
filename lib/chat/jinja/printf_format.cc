#include "lib/chat/jinja/printf_format.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>

#include "lib/chat/jinja/value_text.h"

namespace talaria::chat::jinja {
namespace {

// More padding or digits than this is no use in a prompt.
constexpr int kMaxWidth = 10000;
constexpr int kMaxPrecision = 100;

struct Specification {
  bool left = false;
  bool plus = false;
  bool space = false;
  bool alternate = false;
  bool zero = false;
  int width = 0;
  int precision = -1;
  char conversion = 0;
};

class Formatter {
 public:
  Formatter(const Value& format, const Value& values) : format_(format.string()), values_(values) {}

  Status Run(Value* out) {
    const std::string_view text = format_.text();
    size_t copied = 0;
    for (at_ = text.find('%'); at_ != std::string_view::npos; at_ = text.find('%', at_)) {
      result_.AppendSlice(format_, copied, at_);
      ++at_;
      TALARIA_RETURN_IF_ERROR(Convert());
      TALARIA_RETURN_IF_ERROR(CheckTextBytes(result_.size()));
      copied = at_;
    }
    result_.AppendSlice(format_, copied, text.size());
    // Python takes whatever can be indexed for a mapping, of which nothing need be used.
    const bool may_be_left =
        !IsTuple() && (values_.is(Kind::kDict) || values_.is(Kind::kSequence) || values_.is_undefined());
    const size_t given = IsTuple() ? values_.sequence().items.size() : 1;
    if (next_ < given && !may_be_left) return InvalidArgument("'%' has more values than its format takes");
    *out = Value::String(std::move(result_));
    return absl::OkStatus();
  }

 private:
  bool IsTuple() const { return values_.is_sequence(SequenceType::kTuple); }
  char Peek() const { return at_ < format_.size() ? format_.text()[at_] : '\0'; }

  Status Next(const Value** out) {
    if (IsTuple() ? next_ >= values_.sequence().items.size() : next_ >= 1) {
      return InvalidArgument("'%' has fewer values than its format takes");
    }
    *out = IsTuple() ? &values_.sequence().items[next_] : &values_;
    ++next_;
    return absl::OkStatus();
  }

  Status ReadNumber(int limit, int* out) {
    if (Peek() == '*') {
      ++at_;
      const Value* value = nullptr;
      TALARIA_RETURN_IF_ERROR(Next(&value));
      if (!value->is_integral() || value->integer() < 0 || value->integer() > limit) {
        return InvalidArgument("'*' in a format needs an integer from 0 to ", limit);
      }
      *out = static_cast<int>(value->integer());
      return absl::OkStatus();
    }
    *out = 0;
    while (Peek() >= '0' && Peek() <= '9') {
      *out = *out * 10 + (format_.text()[at_++] - '0');
      if (*out > limit) return ResourceExhausted("a format asks for more than ", limit, " characters");
    }
    return absl::OkStatus();
  }

  Status ReadSpecification(Specification* spec) {
    for (;; ++at_) {
      const char flag = Peek();
      if (flag == '-') {
        spec->left = true;
      } else if (flag == '+') {
        spec->plus = true;
      } else if (flag == ' ') {
        spec->space = true;
      } else if (flag == '#') {
        spec->alternate = true;
      } else if (flag == '0') {
        spec->zero = true;
      } else {
        break;
      }
    }
    TALARIA_RETURN_IF_ERROR(ReadNumber(kMaxWidth, &spec->width));
    if (Peek() == '.') {
      ++at_;
      TALARIA_RETURN_IF_ERROR(ReadNumber(kMaxPrecision, &spec->precision));
    }
    if (Peek() == 'h' || Peek() == 'l' || Peek() == 'L') ++at_;
    spec->conversion = Peek();
    ++at_;
    return absl::OkStatus();
  }

  Status Convert() {
    const Value* value = nullptr;
    if (Peek() == '(') {
      const size_t close = format_.text().find(')', at_);
      if (close == std::string::npos) return InvalidArgument("'%(' in a format without ')'");
      const std::string_view name = std::string_view(format_.text()).substr(at_ + 1, close - at_ - 1);
      if (!values_.is(Kind::kDict)) return InvalidArgument("'%(", name, ")' needs a mapping");
      value = values_.dict().Find(name);
      if (value == nullptr) return InvalidArgument("'%(", name, ")' is not in the mapping");
      at_ = close + 1;
    }
    Specification spec;
    TALARIA_RETURN_IF_ERROR(ReadSpecification(&spec));
    if (spec.conversion == '%') {
      result_.Append("%", format_.MarkAt(at_ - 1));
      return absl::OkStatus();
    }
    if (spec.conversion == '\0') return InvalidArgument("a format ends in the middle of a '%'");
    if (value == nullptr) TALARIA_RETURN_IF_ERROR(Next(&value));
    return Append(spec, *value);
  }

  Status Append(const Specification& spec, const Value& value) {
    MarkedString text({}, value.mark());
    switch (spec.conversion) {
      case 's':
        TALARIA_RETURN_IF_ERROR(AppendText(value, &text));
        break;
      case 'r':
        TALARIA_RETURN_IF_ERROR(AppendRepr(value, &text));
        break;
      case 'd':
      case 'i':
      case 'u':
        return AppendNumber(spec, value, &Formatter::DecimalDigits);
      case 'x':
      case 'X':
      case 'o':
        return AppendNumber(spec, value, &Formatter::RadixDigits);
      case 'e':
      case 'E':
      case 'f':
      case 'F':
      case 'g':
      case 'G':
        return AppendNumber(spec, value, &Formatter::FloatDigits);
      default:
        return Unimplemented("the conversion '%", std::string_view(&spec.conversion, 1), "' in a format");
    }
    if (spec.precision >= 0)
      text = text.Slice(0, CharacterOffset(text.text(), static_cast<size_t>(spec.precision)));
    Pad(spec, text, value.mark());
    return absl::OkStatus();
  }

  void Pad(const Specification& spec, const MarkedString& text, TextMark mark) {
    const size_t width = CharacterCount(text.text());
    const size_t wanted = static_cast<size_t>(spec.width);
    const std::string padding(width < wanted ? wanted - width : 0, ' ');
    if (!spec.left) result_.Append(padding, mark);
    result_.Append(text);
    if (spec.left) result_.Append(padding, mark);
  }

  static Status DecimalDigits(const Specification& /*spec*/, const Value& value, std::string* digits) {
    if (value.is(Kind::kBigInteger)) {
      *digits = value.text();
    } else if (value.is_integral()) {
      *digits = Cat(value.integer());
    } else if (value.is(Kind::kFloat) && std::abs(value.number()) < 9.2e18) {
      *digits = Cat(static_cast<int64_t>(value.number()));
    } else {
      return InvalidArgument("'%d' needs a number, found ", TypeName(value));
    }
    return absl::OkStatus();
  }

  static Status RadixDigits(const Specification& spec, const Value& value, std::string* digits) {
    if (!value.is_integral()) {
      return InvalidArgument("'%", std::string_view(&spec.conversion, 1), "' needs an integer, found ",
                             TypeName(value));
    }
    const bool is_octal = spec.conversion == 'o';
    const auto magnitude = value.integer() < 0 ? 0 - static_cast<uint64_t>(value.integer())
                                               : static_cast<uint64_t>(value.integer());
    const std::string_view alphabet = spec.conversion == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    for (uint64_t rest = magnitude; rest > 0 || digits->empty(); rest >>= is_octal ? 3 : 4) {
      digits->insert(digits->begin(), alphabet[rest & (is_octal ? 7 : 15)]);
    }
    if (spec.alternate) *digits = Cat('0', spec.conversion, *digits);
    if (value.integer() < 0) *digits = "-" + *digits;
    return absl::OkStatus();
  }

  static Status FloatDigits(const Specification& spec, const Value& value, std::string* digits) {
    if (!value.is_number() || value.is(Kind::kBigInteger)) {
      return InvalidArgument("'%", std::string_view(&spec.conversion, 1), "' needs a number, found ",
                             TypeName(value));
    }
    const char kind = static_cast<char>(spec.conversion | 0x20);
    const auto form = kind == 'e'   ? std::chars_format::scientific
                      : kind == 'f' ? std::chars_format::fixed
                                    : std::chars_format::general;
    // 309 digits before the point at most, kMaxPrecision after it.
    std::array<char, 512> buffer;
    const int precision = spec.precision < 0 ? 6 : spec.precision;
    const auto end =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), value.number(), form, precision);
    digits->assign(buffer.data(), end.ptr);
    if (kind != spec.conversion) {
      for (char& character : *digits)
        character = character >= 'a' ? static_cast<char>(character - 0x20) : character;
    }
    return absl::OkStatus();
  }

  Status AppendNumber(const Specification& spec, const Value& value,
                      Status (*digits_of)(const Specification&, const Value&, std::string*)) {
    if (value.is_undefined()) return InvalidArgument(value.undefined_message());
    std::string digits;
    TALARIA_RETURN_IF_ERROR(digits_of(spec, value, &digits));
    const bool is_negative = digits[0] == '-';
    if (!is_negative && spec.plus) digits = "+" + digits;
    if (!is_negative && !spec.plus && spec.space) digits = " " + digits;
    const size_t sign = digits[0] == '-' || digits[0] == '+' || digits[0] == ' ' ? 1 : 0;
    const bool is_integer = std::string_view("diuxXo").find(spec.conversion) != std::string_view::npos;
    size_t width = sign;
    if (is_integer && spec.precision > 0) width = sign + static_cast<size_t>(spec.precision);
    if (spec.zero && !spec.left) width = std::max(width, static_cast<size_t>(spec.width));
    if (digits.size() < width) digits.insert(sign, width - digits.size(), '0');
    Pad(spec, MarkedString(digits, value.mark()), value.mark());
    return absl::OkStatus();
  }

  const MarkedString& format_;
  const Value& values_;
  size_t at_ = 0;
  size_t next_ = 0;
  MarkedString result_;
};

}  // namespace

Status PrintfFormat(const Value& format, const Value& values, Value* out) {
  if (format.is_escaped()) return Unimplemented("'%' on text that was marked safe");
  return Formatter(format, values).Run(out);
}

Status BraceFormat(const Value& format, const Arguments& arguments, Value* out) {
  if (format.is_escaped()) return Unimplemented("format() on text that was marked safe");
  const MarkedString& string = format.string();
  const std::string_view text = string.text();
  MarkedString result({}, string.Overall());
  size_t next = 0;
  size_t copied = 0;
  for (size_t at = text.find_first_of("{}"); at != std::string_view::npos;
       at = text.find_first_of("{}", copied)) {
    result.AppendSlice(string, copied, at);
    if (at + 1 < text.size() && text[at + 1] == text[at]) {
      result.AppendSlice(string, at, at + 1);
      copied = at + 2;
      continue;
    }
    const size_t close = text[at] == '{' ? text.find('}', at) : std::string_view::npos;
    if (close == std::string_view::npos)
      return InvalidArgument("format() found a single '", text.substr(at, 1), "'");
    std::string_view field = text.substr(at + 1, close - at - 1);
    copied = close + 1;
    bool is_repr = false;
    if (field.size() >= 2 && field[field.size() - 2] == '!') {
      is_repr = field.back() == 'r';
      if (!is_repr && field.back() != 's') return Unimplemented("the conversion in format()'s {", field, "}");
      field.remove_suffix(2);
    }
    if (field.find_first_of(":.[{!") != std::string_view::npos) {
      return Unimplemented("format() with {", field, "}: only {}, {0} and {name} are known");
    }
    const Value* value = nullptr;
    if (field.empty() || field.find_first_not_of("0123456789") == std::string_view::npos) {
      size_t index = next;
      if (field.empty()) {
        ++next;
      } else {
        const auto parsed = std::from_chars(field.data(), field.data() + field.size(), index);
        if (parsed.ec != std::errc()) index = arguments.positional.size();
      }
      if (index < arguments.positional.size()) value = &arguments.positional[index];
    } else {
      for (const auto& [name, named] : arguments.named) {
        if (name.text() == field) value = &named;
      }
    }
    if (value == nullptr) return InvalidArgument("format() has no value for {", field, "}");
    TALARIA_RETURN_IF_ERROR(is_repr ? AppendRepr(*value, &result) : AppendText(*value, &result));
    TALARIA_RETURN_IF_ERROR(CheckTextBytes(result.size()));
  }
  result.AppendSlice(string, copied, text.size());
  *out = Value::String(std::move(result));
  return absl::OkStatus();
}

}  // namespace talaria::chat::jinja
