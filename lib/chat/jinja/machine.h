#ifndef TALARIA_LIB_CHAT_JINJA_MACHINE_H_
#define TALARIA_LIB_CHAT_JINJA_MACHINE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "lib/chat/jinja/opaque.h"
#include "lib/chat/jinja/strftime.h"
#include "lib/chat/jinja/value.h"

namespace talaria::chat::jinja {

// What one rendering may take. All are refusals by RESOURCE_EXHAUSTED, never a crash.
struct Limits {
  // Expressions and statements inside one another while running, macro calls included. One level takes at
  // most about 350 bytes of stack (measured at -O2), so the default stays below 192 KiB.
  int max_depth = 512;
  // Each expression and statement is a step, each value put into a container four, each 16 bytes of text one:
  // so this bounds time, and memory to 16 bytes a step.
  uint64_t max_steps = 16u << 20;
  uint64_t max_output_bytes = 16u << 20;
};

// A name in a template, as its index in the template's table of names.
using Symbol = uint32_t;

// The variables of a block; a name that is not here is looked for in the parent.
struct Scope {
  Scope* parent = nullptr;
  std::vector<std::pair<Symbol, Value>> variables;
  // A macro was defined here or further in: the scope must live as long as the rendering.
  bool captured = false;
};

// What a statement asks of the loop around it.
enum class Flow : uint8_t { kOn, kBreak, kContinue };

// The state of one rendering: scopes, output, what has been spent. Belongs to one thread.
class Machine {
 public:
  explicit Machine(const Limits& limits, std::optional<LocalTime> now);
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  // Counts *steps*; RESOURCE_EXHAUSTED once there are too many.
  Status Spend(uint64_t steps) {
    steps_ += steps;
    return steps_ > limits_.max_steps ? StepsExhausted() : absl::OkStatus();
  }
  Status SpendText(size_t bytes) { return Spend(1 + bytes / 16); }
  Status SpendItems(size_t items) { return Spend(1 + items * 4); }

  // One level further in while it lives.
  class Level {
   public:
    explicit Level(Machine* machine) : machine_(machine) { ++machine_->depth_; }
    ~Level() { --machine_->depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    // Also counts a step.
    Status Check() const {
      ++machine_->steps_;
      const bool is_within =
          machine_->depth_ <= machine_->limits_.max_depth && machine_->steps_ <= machine_->limits_.max_steps;
      return is_within ? absl::OkStatus() : machine_->LevelExhausted();
    }

   private:
    Machine* const machine_;
  };

  // The innermost variable of that name, or nullptr. Costs what it takes to look.
  const Value* Lookup(Symbol symbol);
  // In the current scope, shadowing outer ones.
  void Assign(Symbol symbol, Value value);
  Scope* scope() const { return scope_; }
  // Keeps the current scope and all around it until the rendering ends, for what refers to them.
  Scope* CaptureScope();

  // A scope of its own while it lives, inside *parent* (the current one unless given).
  class InnerScope {
   public:
    explicit InnerScope(Machine* machine) : InnerScope(machine, machine->scope_) {}
    InnerScope(Machine* machine, Scope* parent);
    ~InnerScope();
    InnerScope(const InnerScope&) = delete;
    InnerScope& operator=(const InnerScope&) = delete;

   private:
    Machine* const machine_;
    Scope* const outside_;
  };

  // Kept until the rendering ends.
  Namespace* NewNamespace();

  // Prints *value*.
  Status Print(const Value& value);
  Status PrintTemplateText(std::string_view text);
  // Sends output to *text* while it lives.
  class Capture {
   public:
    Capture(Machine* machine, MarkedString* text) : machine_(machine), outside_(machine->output_) {
      machine->output_ = text;
    }
    ~Capture() { machine_->output_ = outside_; }
    Capture(const Capture&) = delete;
    Capture& operator=(const Capture&) = delete;

   private:
    Machine* const machine_;
    MarkedString* const outside_;
  };

  Flow flow = Flow::kOn;

  const MarkedString& output() const { return root_output_; }
  const std::optional<LocalTime>& now() const { return now_; }

 private:
  Status StepsExhausted() const;
  Status LevelExhausted() const;
  Status CheckOutput() const;

  const Limits limits_;
  const std::optional<LocalTime> now_;
  uint64_t steps_ = 0;
  int depth_ = 0;
  // All scopes there are, those in use and those to be used again.
  std::vector<std::unique_ptr<Scope>> scopes_;
  Scope* free_scope_ = nullptr;  // and its parents: scopes to be used again
  Scope* scope_ = nullptr;
  std::vector<std::unique_ptr<Namespace>> namespaces_;
  MarkedString root_output_;
  MarkedString* output_ = &root_output_;
};

}  // namespace talaria::chat::jinja

#endif  // TALARIA_LIB_CHAT_JINJA_MACHINE_H_
