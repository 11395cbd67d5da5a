#include "lib/chat/jinja/comparison.h"

#include <algorithm>
#include <cmath>

#include "lib/chat/jinja/opaque.h"
#include "lib/chat/jinja/text_finder.h"

namespace talaria::chat::jinja {

bool IsTrue(const Value& value) {
  switch (value.kind()) {
    case Kind::kBoolean:
    case Kind::kInteger:
      return value.integer() != 0;
    case Kind::kFloat:
      return value.number() != 0;
    case Kind::kString:
      return !value.text().empty();
    case Kind::kSequence:
      return value.is_sequence(SequenceType::kGenerator) || !value.sequence().items.empty();
    case Kind::kDict:
      return !value.dict().entries.empty();
    case Kind::kOpaque:
      return value.opaque().Truth();
    case Kind::kBigInteger:
    case Kind::kNamespace:
      return true;
    default:
      return false;
  }
}

namespace {

// Whether Python could look for it among the keys of a mapping. Tuples are none here, so one is never found.
bool MayBeSought(const Value& value) {
  if (value.is_sequence(SequenceType::kTuple)) {
    const std::vector<Value>& items = value.sequence().items;
    return std::all_of(items.begin(), items.end(), MayBeSought);
  }
  return IsHashable(value) || value.is_undefined();
}

// -1, 0, 1; 2 where one is not a number. Integers are compared with floats exactly.
int CompareNumbers(const Value& a, const Value& b) {
  if (a.is_integral() && b.is_integral()) {
    return a.integer() < b.integer() ? -1 : a.integer() > b.integer() ? 1 : 0;
  }
  const double x = a.number();
  const double y = b.number();
  if (std::isnan(x) || std::isnan(y)) return 2;
  if (a.is(Kind::kFloat) && b.is(Kind::kFloat)) return x < y ? -1 : x > y ? 1 : 0;
  if (a.is(Kind::kFloat)) return -CompareNumbers(b, a);
  // An integer and a float. Within 2^63 the float's whole part is an integer too.
  if (y >= 9223372036854775808.0) return -1;
  if (y < -9223372036854775808.0) return 1;
  const double whole = std::floor(y);
  const auto integer = static_cast<int64_t>(whole);
  if (a.integer() != integer) return a.integer() < integer ? -1 : 1;
  return y > whole ? -1 : 0;
}

bool SequencesCompare(const Value& a, const Value& b) {
  const SequenceType type = a.sequence().type;
  return type == b.sequence().type &&
         (type == SequenceType::kList || type == SequenceType::kTuple || type == SequenceType::kRange);
}

bool EqualDicts(const Dict& a, const Dict& b) {
  if (a.entries.size() != b.entries.size()) return false;
  return std::all_of(a.entries.begin(), a.entries.end(), [&b](const Dict::Entry& entry) {
    const Value* other = b.Find(entry.key);
    return other != nullptr && AreEqual(entry.value, *other);
  });
}

}  // namespace

bool AreEqual(const Value& a, const Value& b) {
  if (a.is(Kind::kBigInteger) || b.is(Kind::kBigInteger)) return a.kind() == b.kind() && a.text() == b.text();
  if (a.is_number() && b.is_number()) return CompareNumbers(a, b) == 0;
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::kUndefined:
    case Kind::kNone:
      return true;
    case Kind::kString:
      return a.text() == b.text();
    case Kind::kSequence:
      if (a.identity() == b.identity()) return true;
      return SequencesCompare(a, b) &&
             std::equal(a.sequence().items.begin(), a.sequence().items.end(), b.sequence().items.begin(),
                        b.sequence().items.end(), AreEqual);
    case Kind::kDict:
      return a.identity() == b.identity() || EqualDicts(a.dict(), b.dict());
    default:
      return a.identity() == b.identity();
  }
}

bool AreSame(const Value& a, const Value& b) {
  // Each use of what is undefined makes another such value.
  if (a.kind() != b.kind() || a.is_undefined()) return false;
  if (a.is(Kind::kSequence) || a.is(Kind::kDict)) return a.identity() == b.identity();
  return AreEqual(a, b);
}

Status IsLess(const Value& a, const Value& b, bool* less) {
  if (a.is_undefined() || b.is_undefined()) {
    return InvalidArgument((a.is_undefined() ? a : b).undefined_message());
  }
  const bool is_big = a.is(Kind::kBigInteger) || b.is(Kind::kBigInteger);
  if (a.is_number() && b.is_number() && !is_big) {
    *less = CompareNumbers(a, b) == -1;
    return absl::OkStatus();
  }
  if (a.is_string() && b.is_string()) {
    // The order of UTF-8 bytes is that of code points.
    *less = a.text() < b.text();
    return absl::OkStatus();
  }
  if (a.is(Kind::kSequence) && b.is(Kind::kSequence) && SequencesCompare(a, b) &&
      !a.is_sequence(SequenceType::kRange)) {
    const std::vector<Value>& x = a.sequence().items;
    const std::vector<Value>& y = b.sequence().items;
    const size_t common = std::min(x.size(), y.size());
    for (size_t i = 0; i < common; ++i) {
      if (!AreEqual(x[i], y[i])) return IsLess(x[i], y[i], less);
    }
    *less = x.size() < y.size();
    return absl::OkStatus();
  }
  return InvalidArgument("cannot order ", TypeName(a), " and ", TypeName(b));
}

Status IsIn(const Value& item, const Value& container, bool* found) {
  switch (container.kind()) {
    case Kind::kUndefined:
      *found = false;
      return absl::OkStatus();
    case Kind::kString:
      if (!item.is_string()) return InvalidArgument("'in' a string needs a string, found ", TypeName(item));
      *found = TextFinder(item.text()).Find(container.text(), 0) != std::string_view::npos;
      return absl::OkStatus();
    case Kind::kDict:
      if (!MayBeSought(item)) {
        return InvalidArgument(TypeName(item), " cannot be a key of a mapping");
      }
      *found = container.dict().Find(item) != nullptr;
      return absl::OkStatus();
    case Kind::kSequence: {
      const Sequence& sequence = container.sequence();
      const bool is_generator = sequence.type == SequenceType::kGenerator;
      size_t at = is_generator ? sequence.consumed : 0;
      *found = false;
      while (at < sequence.items.size() && !*found) *found = AreEqual(sequence.items[at++], item);
      if (is_generator) sequence.consumed = at;
      return absl::OkStatus();
    }
    default:
      return InvalidArgument("'in' needs a string, list or mapping, found ", TypeName(container));
  }
}

}  // namespace talaria::chat::jinja
