#include "lib/chat/jinja/loop.h"

#include <algorithm>

#include "lib/chat/jinja/comparison.h"
#include "lib/chat/jinja/native_function.h"
#include "lib/chat/jinja/subscript.h"

namespace talaria::chat::jinja {
namespace {

// The variable "loop": where a loop stands. Items are tested against the loop's condition when they are asked
// for, as in Jinja: the body may change what the condition looks at.
class Loop : public Opaque, public std::enable_shared_from_this<Loop> {
 public:
  Loop(const ForStatement& statement, Scope* outside, std::vector<Value> items, const Value& source,
       int64_t depth)
      : statement_(statement),
        outside_(outside),
        items_(std::move(items)),
        mark_(source.mark()),
        value_depth_(source.depth() + 1),
        depth_(depth),
        all_tested_(!statement.has_condition()) {}

  std::string Description() const override { return "the variable 'loop'"; }
  bool is_iterable() const override { return true; }
  int depth() const override { return value_depth_; }

  // Moves to the next item, if there is one.
  Status Advance(Machine& machine, bool* has_item) const {
    TALARIA_RETURN_IF_ERROR(Peek(machine));
    *has_item = next_ < items_.size();
    if (!*has_item) return absl::OkStatus();
    previous_ = std::move(current_);
    current_ = items_[next_++];
    is_next_tested_ = false;
    ++index_;
    return absl::OkStatus();
  }
  const Value& current() const { return current_; }

  Status Attribute(Machine& machine, std::string_view name, Value* out) const override;

  Status Call(Machine& machine, Arguments& arguments, Value* out) const override {
    if (!statement_.is_recursive()) return InvalidArgument("only a loop marked 'recursive' can be called");
    if (arguments.positional.size() != 1 || !arguments.named.empty()) {
      return InvalidArgument("a recursive loop takes one argument");
    }
    MarkedString text;
    {
      const Machine::Capture capture(&machine, &text);
      TALARIA_RETURN_IF_ERROR(statement_.Go(machine, arguments.positional[0], outside_, depth_ + 1));
    }
    *out = Value::String(std::move(text));
    return absl::OkStatus();
  }

 private:
  struct Row {
    std::string_view name;
    Status (*read)(const Loop& loop, Machine& machine, Value* out);
  };
  static const Row kAttributes[];

  // A method of the loop: loop.cycle, loop.changed.
  class Method : public Opaque {
   public:
    using Body = Status (*)(const Loop& loop, Machine& machine, Arguments& arguments, Value* out);
    Method(std::shared_ptr<const Loop> loop, Body body) : loop_(std::move(loop)), body_(body) {}
    std::string Description() const override { return "a method of 'loop'"; }
    int depth() const override { return loop_->depth() + 1; }
    Status Call(Machine& machine, Arguments& arguments, Value* out) const override {
      return body_(*loop_, machine, arguments, out);
    }

   private:
    const std::shared_ptr<const Loop> loop_;
    const Body body_;
  };

  // Moves next_ to an item that passes the condition, or to the end.
  Status Peek(Machine& machine) const {
    while (!all_tested_ && !is_next_tested_ && next_ < items_.size()) {
      TALARIA_RETURN_IF_ERROR(statement_.Passes(machine, outside_, items_[next_], &is_next_tested_));
      if (!is_next_tested_) ++next_;
    }
    return absl::OkStatus();
  }

  // All items that are left are tested at once to know how many there are.
  Status Length(Machine& machine, int64_t* length) const {
    if (!all_tested_) {
      std::vector<Value> left;
      TALARIA_RETURN_IF_ERROR(Peek(machine));
      while (next_ < items_.size()) {
        left.push_back(items_[next_++]);
        is_next_tested_ = false;
        TALARIA_RETURN_IF_ERROR(Peek(machine));
      }
      length_before_ = index_ + 1;
      items_ = std::move(left);
      next_ = 0;
      all_tested_ = true;
    }
    *length = length_before_ + static_cast<int64_t>(items_.size());
    return absl::OkStatus();
  }

  static Value Number(const Loop& loop, int64_t number) { return Value::Integer(number, loop.mark_); }

  template <int64_t plus>
  static Status Index(const Loop& loop, Machine& /*machine*/, Value* out) {
    *out = Number(loop, loop.index_ + plus);
    return absl::OkStatus();
  }
  template <int64_t plus>
  static Status ReverseIndex(const Loop& loop, Machine& machine, Value* out) {
    int64_t length = 0;
    TALARIA_RETURN_IF_ERROR(loop.Length(machine, &length));
    *out = Number(loop, length - loop.index_ - 1 + plus);
    return absl::OkStatus();
  }
  template <int64_t plus>
  static Status Depth(const Loop& loop, Machine& /*machine*/, Value* out) {
    *out = Number(loop, loop.depth_ + plus);
    return absl::OkStatus();
  }
  static Status LengthOf(const Loop& loop, Machine& machine, Value* out) {
    int64_t length = 0;
    TALARIA_RETURN_IF_ERROR(loop.Length(machine, &length));
    *out = Number(loop, length);
    return absl::OkStatus();
  }
  static Status First(const Loop& loop, Machine& /*machine*/, Value* out) {
    *out = Value::Boolean(loop.index_ == 0, loop.mark_);
    return absl::OkStatus();
  }
  static Status Last(const Loop& loop, Machine& machine, Value* out) {
    TALARIA_RETURN_IF_ERROR(loop.Peek(machine));
    *out = Value::Boolean(loop.next_ >= loop.items_.size(), loop.mark_);
    return absl::OkStatus();
  }
  static Status Previous(const Loop& loop, Machine& /*machine*/, Value* out) {
    *out = loop.index_ > 0 ? loop.previous_ : Value::Undefined("there is no previous item");
    return absl::OkStatus();
  }
  static Status Next(const Loop& loop, Machine& machine, Value* out) {
    TALARIA_RETURN_IF_ERROR(loop.Peek(machine));
    const bool is_there = loop.next_ < loop.items_.size();
    *out = is_there ? loop.items_[loop.next_] : Value::Undefined("there is no next item");
    return absl::OkStatus();
  }

  static Status CycleBody(const Loop& loop, Machine& /*machine*/, Arguments& arguments, Value* out) {
    if (arguments.positional.empty()) return InvalidArgument("'loop.cycle' needs at least one value");
    *out = arguments.positional[static_cast<size_t>(loop.index_) % arguments.positional.size()];
    return absl::OkStatus();
  }
  static Status ChangedBody(const Loop& loop, Machine& machine, Arguments& arguments, Value* out) {
    for (const Value& value : arguments.positional) {
      TALARIA_RETURN_IF_ERROR(machine.Spend(value.weight()));
      // Others might hold the loop, which would then hold itself.
      if (!value.is_plain()) return InvalidArgument("'loop.changed' compares data, found ", TypeName(value));
    }
    const bool is_same =
        loop.was_seen_ && loop.last_seen_.size() == arguments.positional.size() &&
        std::equal(loop.last_seen_.begin(), loop.last_seen_.end(), arguments.positional.begin(), AreEqual);
    loop.was_seen_ = true;
    loop.last_seen_ = std::move(arguments.positional);
    *out = Value::Boolean(!is_same, loop.mark_);
    return absl::OkStatus();
  }
  template <Method::Body body>
  static Status MethodOf(const Loop& loop, Machine& /*machine*/, Value* out) {
    *out = Value::Of(std::make_shared<Method>(loop.weak_from_this().lock(), body));
    return absl::OkStatus();
  }

  const ForStatement& statement_;
  Scope* const outside_;
  mutable std::vector<Value> items_;
  const TextMark mark_;
  const int value_depth_;
  const int64_t depth_;
  // The item after the current one; where *is_next_tested_* it is known to pass.
  mutable size_t next_ = 0;
  mutable bool all_tested_;
  mutable bool is_next_tested_ = false;
  mutable int64_t length_before_ = 0;
  mutable int64_t index_ = -1;
  mutable Value current_;
  mutable Value previous_;
  mutable bool was_seen_ = false;
  mutable std::vector<Value> last_seen_;
};

const Loop::Row Loop::kAttributes[] = {
    {"changed", MethodOf<ChangedBody>},
    {"cycle", MethodOf<CycleBody>},
    {"depth", Depth<1>},
    {"depth0", Depth<0>},
    {"first", First},
    {"index", Index<1>},
    {"index0", Index<0>},
    {"last", Last},
    {"length", LengthOf},
    {"nextitem", Next},
    {"previtem", Previous},
    {"revindex", ReverseIndex<1>},
    {"revindex0", ReverseIndex<0>},
};

Status Loop::Attribute(Machine& machine, std::string_view name, Value* out) const {
  for (const Row& row : kAttributes) {
    if (row.name == name) return row.read(*this, machine, out);
  }
  return absl::OkStatus();
}

}  // namespace

Status ForStatement::Passes(Machine& machine, Scope* outside, const Value& item, bool* passes) const {
  const Machine::InnerScope scope(&machine, outside);
  TALARIA_RETURN_IF_ERROR(At(parts_.target->Assign(machine, item)));
  Value value;
  TALARIA_RETURN_IF_ERROR(parts_.condition->Evaluate(machine, &value));
  *passes = IsTrue(value);
  return absl::OkStatus();
}

Status ForStatement::Go(Machine& machine, const Value& items, Scope* outside, int64_t depth) const {
  std::vector<Value> list;
  if (Status status = Iterate(machine, items, &list); !status.ok()) return At(status);
  const auto loop = std::make_shared<const Loop>(*this, outside, std::move(list), items, depth);
  const Value loop_value = Value::Of(loop);
  // As Jinja has it: an iteration that break or continue ends does not count against the else.
  bool was_completed = false;
  bool has_item = false;
  TALARIA_RETURN_IF_ERROR(loop->Advance(machine, &has_item));
  while (has_item) {
    const Machine::InnerScope scope(&machine, outside);
    machine.Assign(parts_.loop, loop_value);
    TALARIA_RETURN_IF_ERROR(At(parts_.target->Assign(machine, loop->current())));
    TALARIA_RETURN_IF_ERROR(ExecuteBody(parts_.body, machine));
    const Flow flow = machine.flow;
    machine.flow = Flow::kOn;
    was_completed = was_completed || flow == Flow::kOn;
    if (flow == Flow::kBreak) break;
    TALARIA_RETURN_IF_ERROR(loop->Advance(machine, &has_item));
  }
  if (was_completed) return absl::OkStatus();
  const Machine::InnerScope scope(&machine, outside);
  return ExecuteBody(parts_.otherwise, machine);
}

Status ForStatement::Run(Machine& machine) const {
  Value items;
  TALARIA_RETURN_IF_ERROR(parts_.items->Evaluate(machine, &items));
  // A loop of these kinds looks at the scope around it whenever it is asked, even where it outlives that
  // scope.
  const bool keeps_scope = parts_.is_recursive || has_condition();
  return Go(machine, items, keeps_scope ? machine.CaptureScope() : machine.scope(), 0);
}

}  // namespace talaria::chat::jinja
