#include "lib/chat/jinja/value.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "lib/chat/jinja/opaque.h"

namespace talaria::chat::jinja {

Value Value::Boolean(bool value, TextMark mark) {
  Value out(Kind::kBoolean, mark);
  out.integer_ = value ? 1 : 0;
  return out;
}

Value Value::Integer(int64_t value, TextMark mark) {
  Value out(Kind::kInteger, mark);
  out.integer_ = value;
  return out;
}

Value Value::BigInteger(std::string_view digits, TextMark mark) {
  Value out(Kind::kBigInteger, mark);
  out.object_ = std::make_shared<StringObject>(MarkedString(digits, mark));
  return out;
}

Value Value::Float(double value, TextMark mark) {
  Value out(Kind::kFloat, mark);
  out.float_ = value;
  return out;
}

Value Value::String(MarkedString string) {
  Value out(Kind::kString, TextMark::kControl);
  out.object_ = std::make_shared<StringObject>(std::move(string));
  return out;
}

Value Value::String(std::string_view text, TextMark mark) { return String(MarkedString(text, mark)); }

Value Value::Undefined(std::string_view message) {
  Value out(Kind::kUndefined, TextMark::kControl);
  out.object_ = std::make_shared<StringObject>(MarkedString(message, TextMark::kControl));
  return out;
}

Value Value::Of(Namespace* object) {
  Value out(Kind::kNamespace, TextMark::kControl);
  // Not owned: see the header.
  out.object_ = std::shared_ptr<const Object>(std::shared_ptr<const Object>(), object);
  return out;
}

Value Value::Of(std::shared_ptr<const Opaque> object, TextMark mark) {
  Value out(Kind::kOpaque, mark);
  out.object_ = std::move(object);
  return out;
}

Value Value::Of(std::shared_ptr<const Sequence> sequence, TextMark mark) {
  Value out(Kind::kSequence, mark);
  out.object_ = std::move(sequence);
  return out;
}

Value Value::Of(std::shared_ptr<const Dict> dict, TextMark mark) {
  Value out(Kind::kDict, mark);
  out.object_ = std::move(dict);
  return out;
}

bool Value::is_sequence(SequenceType type) const {
  return kind_ == Kind::kSequence && sequence().type == type;
}

const MarkedString& Value::string() const { return static_cast<const StringObject&>(*object_).string; }
const Sequence& Value::sequence() const { return static_cast<const Sequence&>(*object_); }
const Dict& Value::dict() const { return static_cast<const Dict&>(*object_); }
Namespace& Value::name_space() const {
  // Made from a pointer that is not const; only shared_ptr's common type says const.
  return const_cast<Namespace&>(static_cast<const Namespace&>(*object_));
}
const Opaque& Value::opaque() const { return static_cast<const Opaque&>(*object_); }

TextMark Value::mark() const { return kind_ == Kind::kString ? string().Overall() : mark_; }

Value Value::Escaped() const {
  Value out = *this;
  out.escaped_ = true;
  return out;
}

int Value::depth() const {
  if (kind_ == Kind::kSequence) return sequence().depth;
  if (kind_ == Kind::kOpaque) return opaque().depth();
  return kind_ == Kind::kDict ? dict().depth : 0;
}

uint64_t Value::weight() const {
  if (kind_ == Kind::kSequence) return sequence().weight;
  if (kind_ == Kind::kDict) return dict().weight;
  return kind_ == Kind::kString ? 1 + text().size() / 16 : 1;
}

bool Value::is_plain() const {
  if (kind_ == Kind::kSequence) return sequence().plain;
  if (kind_ == Kind::kDict) return dict().plain;
  return kind_ != Kind::kNamespace && kind_ != Kind::kOpaque;
}

namespace {

// One text for all keys that are equal in Python.
std::string NormalKey(const Value& key) {
  if (key.is_string()) return "s" + key.text();
  if (key.is(Kind::kBigInteger)) return "n" + key.text();
  if (key.is_integral()) return Cat('n', key.integer());
  if (key.is(Kind::kFloat)) {
    const double number = key.number();
    const bool is_whole = std::floor(number) == number && std::abs(number) < 9.2e18;
    return is_whole ? Cat('n', static_cast<int64_t>(number)) : Cat('f', number);
  }
  return "none";
}

bool SameKey(const Value& a, const Value& b) {
  if (a.is_string() && b.is_string()) return a.text() == b.text();
  return a.is_string() == b.is_string() && NormalKey(a) == NormalKey(b);
}

// Below this many entries comparing each is faster than hashing.
constexpr size_t kIndexFrom = 12;

}  // namespace

size_t Dict::IndexOf(const Value& key) const {
  if (!index_.empty()) {
    const auto found = index_.find(NormalKey(key));
    return found == index_.end() ? entries.size() : found->second;
  }
  size_t at = 0;
  while (at < entries.size() && !SameKey(entries[at].key, key)) ++at;
  return at;
}

const Value* Dict::Find(const Value& key) const {
  const size_t at = IsHashable(key) ? IndexOf(key) : entries.size();
  return at < entries.size() ? &entries[at].value : nullptr;
}

const Value* Dict::Find(std::string_view key) const {
  if (!index_.empty()) {
    const auto found = index_.find(Cat('s', key));
    return found == index_.end() ? nullptr : &entries[found->second].value;
  }
  for (const Entry& entry : entries) {
    if (entry.key.is_string() && entry.key.text() == key) return &entry.value;
  }
  return nullptr;
}

void Dict::Set(Value key, Value value) {
  const size_t at = IndexOf(key);
  if (at < entries.size()) {
    entries[at].value = std::move(value);
    return;
  }
  entries.push_back({std::move(key), std::move(value)});
  if (!index_.empty()) {
    index_.emplace(NormalKey(entries.back().key), at);
  } else if (entries.size() >= kIndexFrom) {
    for (size_t i = 0; i < entries.size(); ++i) index_.emplace(NormalKey(entries[i].key), i);
  }
}

bool IsHashable(const Value& value) {
  return value.is_string() || value.is_number() || value.is(Kind::kNone);
}

namespace {

// Takes one item's depth, weight and plainness into those of the container.
template <typename Container>
void TakeIn(const Value& item, Container* container) {
  container->depth = std::max(container->depth, item.depth() + 1);
  container->weight += item.weight();
  container->plain = container->plain && item.is_plain();
}

template <typename Container>
Status CheckLimits(const Container& container) {
  if (container.depth > kMaxDepth) return ResourceExhausted("containers nested deeper than ", kMaxDepth);
  if (container.weight > kMaxWeight) {
    return ResourceExhausted("a container of more than ", kMaxWeight, " values, repeated ones counted");
  }
  return absl::OkStatus();
}

}  // namespace

Status MakeSequence(SequenceType type, std::vector<Value> items, TextMark mark, Value* out) {
  auto sequence = std::make_shared<Sequence>();
  sequence->type = type;
  for (const Value& item : items) TakeIn(item, sequence.get());
  TALARIA_RETURN_IF_ERROR(CheckLimits(*sequence));
  sequence->items = std::move(items);
  *out = Value::Of(std::move(sequence), mark);
  return absl::OkStatus();
}

Status MakeDict(std::shared_ptr<Dict> dict, TextMark mark, Value* out) {
  for (const Dict::Entry& entry : dict->entries) {
    dict->weight += entry.key.weight();
    TakeIn(entry.value, dict.get());
  }
  TALARIA_RETURN_IF_ERROR(CheckLimits(*dict));
  *out = Value::Of(std::move(dict), mark);
  return absl::OkStatus();
}

Status CheckTextBytes(uint64_t bytes) {
  if (bytes <= kMaxTextBytes) return absl::OkStatus();
  return ResourceExhausted("a text of ", bytes, " bytes; the limit is ", kMaxTextBytes);
}

std::string_view TypeName(const Value& value) {
  static constexpr std::array<std::string_view, 12> kKinds = {
      "nothing",  "an undefined value", "None",   "a boolean", "an integer",  "an integer",
      "a number", "a string",           "a list", "a mapping", "a namespace", "a function or loop"};
  static constexpr std::array<std::string_view, 7> kSequences = {
      "a list", "a tuple", "a range", "a view of keys", "a view of values", "a view of items", "a generator"};
  if (value.is(Kind::kSequence)) return kSequences[static_cast<size_t>(value.sequence().type)];
  return kKinds[static_cast<size_t>(value.kind())];
}

}  // namespace talaria::chat::jinja
