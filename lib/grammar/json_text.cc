#include "lib/grammar/json_text.h"

#include <algorithm>
#include <string>

#include "lib/grammar/regex/code_points.h"

namespace talaria::grammar {

JsonText::JsonText(const JsonStyle& style, GrammarBuilder* builder) : style_(style), builder_(*builder) {
  RegexPool& pool = *builder_.regexes();
  Regex space = pool.Empty();
  if (style_.spacing == JsonSpacing::kFlexible) {
    ByteSet set;
    for (const char byte : {' ', '\t', '\n', '\r'}) set.Add(static_cast<uint8_t>(byte));
    space = pool.Repeat(pool.Set(set), 0, style_.max_space);
  }
  const Regex after = style_.spacing == JsonSpacing::kSpaced ? pool.Literal(" ") : space;
  space_ = builder_.Terminal(space);
  comma_ = builder_.Terminal(pool.Concat({space, pool.Literal(","), after}));
  colon_ = builder_.Terminal(pool.Concat({space, pool.Literal(":"), after}));
}

Expr JsonText::String(uint64_t min, uint64_t max) {
  RegexPool& pool = *builder_.regexes();
  if (max == kUnbounded) max = std::max(min, style_.max_string);
  const Regex any = AnyCodePoint(TextForm::kJsonString, &pool);
  // Counted by the grammar and not by its terminals: a long string then has few states.
  if (min == 0 && max == kUnbounded) return StringOf(pool.Star(any));
  return builder_.Sequence(
      {builder_.Literal("\""), builder_.Repeat(builder_.Terminal(any), min, max), builder_.Literal("\"")});
}

Expr JsonText::StringOf(Regex regex) {
  RegexPool& pool = *builder_.regexes();
  return builder_.Terminal(pool.Concat({pool.Literal("\""), regex, pool.Literal("\"")}));
}

Expr JsonText::StringLiteral(std::string_view text) {
  return StringOf(TextLiteral(text, TextForm::kJsonString, builder_.regexes()));
}

Expr JsonText::Integer() {
  RegexPool& pool = *builder_.regexes();
  const Regex digit = pool.Set(ByteSet::Range('0', '9'));
  const uint64_t rest =
      style_.max_digits == kUnbounded ? kUnbounded : std::max<uint64_t>(style_.max_digits, 1) - 1;
  const Regex positive = pool.Concat(pool.Set(ByteSet::Range('1', '9')), pool.Repeat(digit, 0, rest));
  return builder_.Terminal(
      pool.Concat(pool.Optional(pool.Literal("-")), pool.Or(pool.Literal("0"), positive)));
}

Expr JsonText::Number() {
  RegexPool& pool = *builder_.regexes();
  const Regex digits =
      pool.Repeat(pool.Set(ByteSet::Range('0', '9')), 1, std::max<uint64_t>(style_.max_digits, 1));
  ByteSet sign = ByteSet::Of('+');
  sign.Add('-');
  ByteSet e = ByteSet::Of('e');
  e.Add('E');
  const Regex fraction = pool.Optional(pool.Concat(pool.Literal("."), digits));
  const Regex exponent = pool.Optional(pool.Concat({pool.Set(e), pool.Optional(pool.Set(sign)), digits}));
  return builder_.Sequence({Integer(), builder_.Terminal(pool.Concat(fraction, exponent))});
}

Expr JsonText::Boolean() {
  RegexPool& pool = *builder_.regexes();
  return builder_.Terminal(pool.Or(pool.Literal("true"), pool.Literal("false")));
}

Expr JsonText::Null() { return builder_.Literal("null"); }

Expr JsonText::Around(std::string_view open, Expr inside, std::string_view close) {
  return builder_.Sequence({builder_.Literal(open), space_, inside, space_, builder_.Literal(close)});
}

Expr JsonText::Listed(Expr part, uint64_t min, uint64_t max) {
  if (max < min) return builder_.Nothing();
  if (max == 0) return builder_.Empty();
  const Expr more = builder_.Sequence({comma_, part});
  const uint64_t least = min == 0 ? 0 : min - 1;
  const Expr some =
      builder_.Sequence({part, builder_.Repeat(more, least, max == kUnbounded ? kUnbounded : max - 1)});
  return min == 0 ? builder_.Optional(some) : some;
}

Expr JsonText::Member(Expr name, Expr value) { return builder_.Sequence({name, colon_, value}); }

void JsonText::DefineValue() {
  if (has_value_) return;
  has_value_ = true;
  value_ = builder_.DeclareRule("JSON value");
  array_ = builder_.DeclareRule("JSON array");
  object_ = builder_.DeclareRule("JSON object");
  const Expr value = builder_.Use(value_);
  builder_.DefineRule(array_, Brackets(Listed(value, 0, style_.max_items)));
  builder_.DefineRule(object_, Braces(Listed(Member(String(), value), 0, style_.max_items)));
  builder_.DefineRule(value_, builder_.Choice({builder_.Use(object_), builder_.Use(array_), String(),
                                               Number(), Boolean(), Null()}));
}

Expr JsonText::Value() {
  DefineValue();
  return builder_.Use(value_);
}

Expr JsonText::AnyArray() {
  DefineValue();
  return builder_.Use(array_);
}

Expr JsonText::AnyObject() {
  DefineValue();
  return builder_.Use(object_);
}

StatusOr<std::shared_ptr<const Grammar>> JsonGrammar(const JsonStyle& style, bool object_only) {
  GrammarBuilder builder;
  JsonText json(style, &builder);
  return builder.Build(object_only ? json.AnyObject() : json.Value());
}

}  // namespace talaria::grammar
