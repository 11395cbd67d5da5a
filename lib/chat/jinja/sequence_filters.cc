// Filters over sequences as a whole: their ends, order, length, groups and sums.
#include <algorithm>

#include "lib/chat/jinja/argument.h"
#include "lib/chat/jinja/arithmetic.h"
#include "lib/chat/jinja/attribute_path.h"
#include "lib/chat/jinja/comparison.h"
#include "lib/chat/jinja/filters.h"
#include "lib/chat/jinja/methods.h"
#include "lib/chat/jinja/subscript.h"
#include "lib/chat/jinja/value_text.h"

namespace talaria::chat::jinja {
namespace {

bool Given(const Value& value) { return !value.is_absent() && IsTrue(value); }

Status LengthBody(NativeCall& call, Value* out) {
  int64_t length = 0;
  TALARIA_RETURN_IF_ERROR(Length(call.machine, call.self, &length));
  *out = Value::Integer(length, call.self.mark());
  return absl::OkStatus();
}

Status First(NativeCall& call, Value* out) {
  // Takes one item from a generator and leaves the rest.
  if (call.self.is_sequence(SequenceType::kGenerator)) {
    const Sequence& sequence = call.self.sequence();
    const bool is_left = sequence.consumed < sequence.items.size();
    *out = is_left ? sequence.items[sequence.consumed++] : Value::Undefined("'first' of an empty sequence");
    return absl::OkStatus();
  }
  std::vector<Value> items;
  TALARIA_RETURN_IF_ERROR(Iterate(call.machine, call.self, &items));
  *out = items.empty() ? Value::Undefined("'first' of an empty sequence") : items.front();
  return absl::OkStatus();
}

Status Last(NativeCall& call, Value* out) {
  if (call.self.is_sequence(SequenceType::kGenerator)) {
    return InvalidArgument("'last' of a generator; make it a |list first");
  }
  std::vector<Value> items;
  TALARIA_RETURN_IF_ERROR(Iterate(call.machine, call.self, &items));
  *out = items.empty() ? Value::Undefined("'last' of an empty sequence") : items.back();
  return absl::OkStatus();
}

Status List(NativeCall& call, Value* out) {
  std::vector<Value> items;
  TALARIA_RETURN_IF_ERROR(Iterate(call.machine, call.self, &items));
  return MakeSequence(SequenceType::kList, std::move(items), call.self.mark(), out);
}

Status Reverse(NativeCall& call, Value* out) {
  const Value self = call.self;
  if (self.is_string()) return GetSlice(call.machine, self, Value(), Value(), Value::Integer(-1), out);
  std::vector<Value> items;
  TALARIA_RETURN_IF_ERROR(Iterate(call.machine, self, &items));
  std::reverse(items.begin(), items.end());
  // What Python cannot go through backward is made a list first, and stays one.
  const bool is_list = self.is_sequence(SequenceType::kGenerator);
  return MakeSequence(is_list ? SequenceType::kList : SequenceType::kGenerator, std::move(items), self.mark(),
                      out);
}

Status Items(NativeCall& call, Value* out) {
  if (call.self.is_undefined()) return MakeSequence(SequenceType::kGenerator, {}, call.self.mark(), out);
  if (!call.self.is(Kind::kDict))
    return InvalidArgument("'items' needs a mapping, found ", TypeName(call.self));
  return DictView(call.machine, call.self, SequenceType::kGenerator, out);
}

Status Join(NativeCall& call, Value* out) {
  MarkedString separator;
  if (!call[0].is_absent()) TALARIA_RETURN_IF_ERROR(TextOf(call[0], &separator));
  TALARIA_ASSIGN_OR_RETURN(const AttributePath path, AttributePath::Parse(call[1]));
  std::vector<Value> items;
  TALARIA_RETURN_IF_ERROR(Iterate(call.machine, call.self, &items));
  MarkedString text({}, call.self.mark());
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) text.Append(separator);
    Value item;
    TALARIA_RETURN_IF_ERROR(path.Get(call.machine, items[i], Value(), &item));
    TALARIA_RETURN_IF_ERROR(call.machine.Spend(item.weight() + separator.size() / 16));
    TALARIA_RETURN_IF_ERROR(AppendText(item, &text));
    TALARIA_RETURN_IF_ERROR(CheckTextBytes(text.size()));
  }
  *out = Value::String(std::move(text));
  return absl::OkStatus();
}

Status Sum(NativeCall& call, Value* out) {
  TALARIA_ASSIGN_OR_RETURN(const AttributePath path, AttributePath::Parse(call[0]));
  Value total = call[1].is_absent() ? Value::Integer(0, call.self.mark()) : call[1];
  if (total.is_string()) return InvalidArgument("'sum' cannot begin with a string");
  std::vector<Value> items;
  TALARIA_RETURN_IF_ERROR(Iterate(call.machine, call.self, &items));
  for (const Value& item : items) {
    Value part;
    Value sum;
    TALARIA_RETURN_IF_ERROR(path.Get(call.machine, item, Value(), &part));
    // Adding lists makes a new one each time.
    TALARIA_RETURN_IF_ERROR(call.machine.Spend(4 * (total.weight() + part.weight())));
    TALARIA_RETURN_IF_ERROR(Calculate(Operator::kAdd, total, part, &sum));
    total = std::move(sum);
  }
  *out = std::move(total);
  return absl::OkStatus();
}

// Stable order by keys computed once; comparing what has no order is the error of the whole.
struct Keyed {
  std::vector<Value> keys;
  Value item;
};

Status SortKeyed(Machine& machine, bool reverse, std::vector<Keyed>* items) {
  Status failure;
  const auto before = [&machine, &failure](const Keyed& a, const Keyed& b) {
    if (!failure.ok()) return false;
    for (size_t i = 0; i < a.keys.size(); ++i) {
      failure = machine.Spend(1 + std::min(a.keys[i].weight(), b.keys[i].weight()));
      if (!failure.ok()) return false;
      if (AreEqual(a.keys[i], b.keys[i])) continue;
      bool less = false;
      failure = IsLess(a.keys[i], b.keys[i], &less);
      return less;
    }
    return false;
  };
  // Python keeps the order of equal items when sorting backward too.
  const auto after = [&before](const Keyed& a, const Keyed& b) { return before(b, a); };
  if (reverse) {
    std::stable_sort(items->begin(), items->end(), after);
  } else {
    std::stable_sort(items->begin(), items->end(), before);
  }
  return failure;
}

Status ListOf(std::vector<Keyed> keyed, TextMark mark, Value* out) {
  std::vector<Value> items;
  items.reserve(keyed.size());
  for (Keyed& entry : keyed) items.push_back(std::move(entry.item));
  return MakeSequence(SequenceType::kList, std::move(items), mark, out);
}

Status Sort(NativeCall& call, Value* out) {
  TALARIA_ASSIGN_OR_RETURN(const std::vector<AttributePath> paths, ParseAttributePaths(call[2]));
  std::vector<Value> items;
  TALARIA_RETURN_IF_ERROR(Iterate(call.machine, call.self, &items));
  std::vector<Keyed> keyed(items.size());
  for (size_t i = 0; i < items.size(); ++i) {
    for (const AttributePath& path : paths) {
      Value key;
      TALARIA_RETURN_IF_ERROR(SortKey(call.machine, path, Given(call[1]), items[i], &key));
      keyed[i].keys.push_back(std::move(key));
    }
    keyed[i].item = std::move(items[i]);
  }
  TALARIA_RETURN_IF_ERROR(SortKeyed(call.machine, Given(call[0]), &keyed));
  return ListOf(std::move(keyed), call.self.mark(), out);
}

Status DictSort(NativeCall& call, Value* out) {
  if (!call.self.is(Kind::kDict))
    return InvalidArgument("'dictsort' needs a mapping, found ", TypeName(call.self));
  bool by_value = false;
  if (!call[1].is_absent()) {
    TALARIA_RETURN_IF_ERROR(WantString(call[1], "by"));
    by_value = call[1].text() == "value";
    if (!by_value && call[1].text() != "key") return InvalidArgument("'dictsort' sorts by key or value");
  }
  TALARIA_ASSIGN_OR_RETURN(const AttributePath whole, AttributePath::Parse(Value()));
  const std::vector<Dict::Entry>& entries = call.self.dict().entries;
  TALARIA_RETURN_IF_ERROR(call.machine.SpendItems(entries.size()));
  std::vector<Keyed> keyed(entries.size());
  for (size_t i = 0; i < entries.size(); ++i) {
    keyed[i].keys.resize(1);
    TALARIA_RETURN_IF_ERROR(SortKey(call.machine, whole, Given(call[0]),
                                    by_value ? entries[i].value : entries[i].key, &keyed[i].keys[0]));
    TALARIA_RETURN_IF_ERROR(MakeSequence(SequenceType::kTuple, {entries[i].key, entries[i].value},
                                         call.self.mark(), &keyed[i].item));
  }
  TALARIA_RETURN_IF_ERROR(SortKeyed(call.machine, Given(call[2]), &keyed));
  return ListOf(std::move(keyed), call.self.mark(), out);
}

template <bool largest>
Status Extreme(NativeCall& call, Value* out) {
  TALARIA_ASSIGN_OR_RETURN(const AttributePath path, AttributePath::Parse(call[1]));
  std::vector<Value> items;
  TALARIA_RETURN_IF_ERROR(Iterate(call.machine, call.self, &items));
  if (items.empty()) {
    *out = Value::Undefined("the smallest or largest of an empty sequence");
    return absl::OkStatus();
  }
  size_t best = 0;
  Value best_key;
  for (size_t i = 0; i < items.size(); ++i) {
    Value key;
    TALARIA_RETURN_IF_ERROR(SortKey(call.machine, path, Given(call[0]), items[i], &key));
    bool better = i == 0;
    if (i > 0)
      TALARIA_RETURN_IF_ERROR(largest ? IsLess(best_key, key, &better) : IsLess(key, best_key, &better));
    if (!better) continue;
    best = i;
    best_key = std::move(key);
  }
  *out = items[best];
  return absl::OkStatus();
}

Status Unique(NativeCall& call, Value* out) {
  TALARIA_ASSIGN_OR_RETURN(const AttributePath path, AttributePath::Parse(call[1]));
  std::vector<Value> items;
  TALARIA_RETURN_IF_ERROR(Iterate(call.machine, call.self, &items));
  Dict seen;
  bool undefined_seen = false;
  std::vector<Value> kept;
  for (Value& item : items) {
    Value key;
    TALARIA_RETURN_IF_ERROR(SortKey(call.machine, path, Given(call[0]), item, &key));
    TALARIA_RETURN_IF_ERROR(call.machine.Spend(key.weight()));
    if (key.is_undefined()) {
      if (!undefined_seen) kept.push_back(std::move(item));
      undefined_seen = true;
      continue;
    }
    if (!IsHashable(key)) return InvalidArgument("'unique' cannot compare ", TypeName(key));
    if (seen.Find(key) != nullptr) continue;
    seen.Set(std::move(key), Value::None());
    kept.push_back(std::move(item));
  }
  return MakeSequence(SequenceType::kGenerator, std::move(kept), call.self.mark(), out);
}

// How many items go into each row, as a count that can be worked with.
Status RowCount(const Value& value, std::string_view name, size_t* count) {
  int64_t rows = 0;
  TALARIA_RETURN_IF_ERROR(IntegerOr(value, name, 0, &rows));
  if (rows < 1 || rows > 100000)
    return InvalidArgument("'", name, "' must be from 1 to 100000, found ", rows);
  *count = static_cast<size_t>(rows);
  return absl::OkStatus();
}

bool Fills(const Value& filler) { return !filler.is_absent() && !filler.is(Kind::kNone); }

Status Batch(NativeCall& call, Value* out) {
  size_t width = 0;
  TALARIA_RETURN_IF_ERROR(RowCount(call[0], "linecount", &width));
  std::vector<Value> items;
  TALARIA_RETURN_IF_ERROR(Iterate(call.machine, call.self, &items));
  std::vector<Value> rows;
  for (size_t at = 0; at < items.size(); at += width) {
    const size_t end = std::min(items.size(), at + width);
    std::vector<Value> row(items.begin() + static_cast<std::ptrdiff_t>(at),
                           items.begin() + static_cast<std::ptrdiff_t>(end));
    TALARIA_RETURN_IF_ERROR(call.machine.SpendItems(width));
    if (Fills(call[1])) row.resize(width, call[1]);
    rows.emplace_back();
    TALARIA_RETURN_IF_ERROR(
        MakeSequence(SequenceType::kList, std::move(row), call.self.mark(), &rows.back()));
  }
  return MakeSequence(SequenceType::kGenerator, std::move(rows), call.self.mark(), out);
}

Status Slice(NativeCall& call, Value* out) {
  size_t count = 0;
  TALARIA_RETURN_IF_ERROR(RowCount(call[0], "slices", &count));
  std::vector<Value> items;
  TALARIA_RETURN_IF_ERROR(Iterate(call.machine, call.self, &items));
  TALARIA_RETURN_IF_ERROR(call.machine.SpendItems(count));
  const size_t whole = items.size() / count;
  const size_t longer = items.size() % count;
  std::vector<Value> rows(count);
  size_t at = 0;
  for (size_t i = 0; i < count; ++i) {
    const size_t end = at + whole + (i < longer ? 1 : 0);
    std::vector<Value> row(items.begin() + static_cast<std::ptrdiff_t>(at),
                           items.begin() + static_cast<std::ptrdiff_t>(end));
    if (Fills(call[1]) && i >= longer) row.push_back(call[1]);
    TALARIA_RETURN_IF_ERROR(MakeSequence(SequenceType::kList, std::move(row), call.self.mark(), &rows[i]));
    at = end;
  }
  return MakeSequence(SequenceType::kGenerator, std::move(rows), call.self.mark(), out);
}

constexpr NativeFunction kFilters[] = {
    {"batch", Batch, 1, 2, {"linecount", "fill_with"}},
    {"count", LengthBody},
    {"dictsort", DictSort, 0, 3, {"case_sensitive", "by", "reverse"}},
    {"first", First},
    {"items", Items},
    {"join", Join, 0, 2, {"d", "attribute"}},
    {"last", Last},
    {"length", LengthBody},
    {"list", List},
    {"max", Extreme<true>, 0, 2, {"case_sensitive", "attribute"}},
    {"min", Extreme<false>, 0, 2, {"case_sensitive", "attribute"}},
    {"reverse", Reverse},
    {"slice", Slice, 1, 2, {"slices", "fill_with"}},
    {"sort", Sort, 0, 3, {"reverse", "case_sensitive", "attribute"}},
    {"sum", Sum, 0, 2, {"attribute", "start"}},
    {"unique", Unique, 0, 2, {"case_sensitive", "attribute"}},
};

}  // namespace

absl::Span<const NativeFunction> SequenceFilters() { return kFilters; }

}  // namespace talaria::chat::jinja
